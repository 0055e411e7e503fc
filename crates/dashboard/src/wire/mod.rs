//! JSON types of the HTTP API: the contract with the pages.
//!
//! The TypeScript in `ui/src/lib/wire` is generated from these types. A test fails if the two
//! differ; `BLESS=1 cargo test -p dashboard wire` rewrites the files. Times are milliseconds
//! since the Unix epoch; an unknown value is `null`.

mod vocabulary;

mod live_view;
mod bedside;
mod alarms;

mod history;

mod archived;

mod activity;
mod limits;
mod pipeline;
mod statistics;
mod status;

pub use self::{
    activity::{
        Activity, ActivityAction, ActivityLogState, ActivityRecord, ActivityReport, ActivitySource,
        ActivityView,
    },
    alarms::{AlarmHistory, AlarmPriority, AlarmState},
    archived::ArchivedUpTo,
    history::{DoubtedSeries, History, HistoryDevice, HistorySeries},
    limits::{Limits, ValueLimits},
    live_view::{
        Condition, ConditionKind, ConditionPriority, DeviceState, Heartbeat, LiveSettings,
        Measured, News2Part, News2Rank, News2State, PatientState, ScalePrescription, TrendPoint,
        WardSnapshot, WardUpdate,
    },
    pipeline::{
        Archive, ArchiveCommit, ArchiveLake, ArchivePartition, ArchiveSpool, ArchiveStorage,
        ArchiveTopic, Pipeline, PipelineFigure, PipelineTrend, ServiceReport,
    },
    statistics::{
        BandTime, RateBucket, RefusedCount, RejectedCount, ScoreBand, Statistics, StatisticsSource,
        ValueDistribution, VitalStatistics,
    },
    status::{ServerTime, Status, UpDown},
    vocabulary::{
        Acvpu, BandName, NotApplicableReason, PartName, RankBasis, SHOWN, VitalName, vital_name,
    },
};

#[cfg(test)]
mod typescript;
