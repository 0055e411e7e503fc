//! The columns of patient contexts.

use std::sync::Arc;

use arrow::array::{BooleanBuilder, Int32Builder, StringBuilder, TimestampMicrosecondBuilder};
use vitals_core::domain::patient_context::{AgeGroup, PatientContext};

use super::{
    kafka_columns::{KafkaColumns, NamedColumn},
    message::KafkaMessage,
    times::{microseconds, time_builder},
};

/// Builders of the columns of patient contexts.
pub(super) struct PatientContexts {
    patient_id: StringBuilder,
    deleted: BooleanBuilder,
    spo2_scale: Int32Builder,
    spo2_by: StringBuilder,
    spo2_at: TimestampMicrosecondBuilder,
    spo2_reason: StringBuilder,
    birth_date: StringBuilder,
    age_group: StringBuilder,
    pregnant: BooleanBuilder,
    limits: StringBuilder,
    admitted: TimestampMicrosecondBuilder,
    ward: StringBuilder,
    bed: StringBuilder,
    discharged: TimestampMicrosecondBuilder,
    merged_into: StringBuilder,
    value: StringBuilder,
    pub(super) kafka: KafkaColumns,
}

impl PatientContexts {
    pub(super) fn new() -> Self {
        Self {
            patient_id: StringBuilder::new(),
            deleted: BooleanBuilder::new(),
            spo2_scale: Int32Builder::new(),
            spo2_by: StringBuilder::new(),
            spo2_at: time_builder(),
            spo2_reason: StringBuilder::new(),
            birth_date: StringBuilder::new(),
            age_group: StringBuilder::new(),
            pregnant: BooleanBuilder::new(),
            limits: StringBuilder::new(),
            admitted: time_builder(),
            ward: StringBuilder::new(),
            bed: StringBuilder::new(),
            discharged: time_builder(),
            merged_into: StringBuilder::new(),
            value: StringBuilder::new(),
            kafka: KafkaColumns::default(),
        }
    }

    pub(super) fn push(&mut self, context: &PatientContext, message: &KafkaMessage<'_>) {
        self.patient_id.append_value(&context.patient_id);
        self.deleted.append_value(false);
        self.push_values(context);
        let value = message.payload.and_then(|payload| std::str::from_utf8(payload).ok());
        self.value.append_option(value);
        self.kafka.push(message);
    }

    /// Adds the row of a tombstone: its key is the patient. Returns false if it has no such key.
    pub(super) fn push_deletion(&mut self, message: &KafkaMessage<'_>) -> bool {
        let Some(Ok(id)) = message.key.map(std::str::from_utf8) else { return false };
        self.patient_id.append_value(id);
        self.deleted.append_value(true);
        self.push_values(&PatientContext::default());
        self.value.append_null();
        self.kafka.push(message);
        true
    }

    fn push_values(&mut self, context: &PatientContext) {
        let prescription = context.spo2.as_ref();
        self.spo2_scale.append_option(prescription.map(|spo2| i32::from(spo2.scale)));
        self.spo2_by.append_option(prescription.map(|spo2| spo2.by.as_str()));
        self.spo2_at.append_option(prescription.map(|spo2| microseconds(spo2.at_ms)));
        self.spo2_reason.append_option(prescription.map(|spo2| spo2.reason.as_str()));
        self.birth_date.append_option(context.birth_date.as_deref());
        self.age_group.append_option(context.age_group.map(AgeGroup::name));
        self.pregnant.append_option(context.pregnant);
        // As JSON, because the vitals with limits of their own differ from patient to patient.
        let limits = serde_json::to_string(&context.limits).ok();
        self.limits.append_option(limits.filter(|_| !context.limits.is_empty()));
        self.admitted.append_option(context.admitted_ms.map(microseconds));
        self.ward.append_option(context.ward.as_deref());
        self.bed.append_option(context.bed.as_deref());
        self.discharged.append_option(context.discharged_ms.map(microseconds));
        self.merged_into.append_option(context.merged_into.as_deref());
    }

    pub(super) fn finish(&mut self) -> Vec<NamedColumn> {
        let mut columns: Vec<NamedColumn> = vec![
            ("patient_id", Arc::new(self.patient_id.finish())),
            ("deleted", Arc::new(self.deleted.finish())),
            ("spo2_scale", Arc::new(self.spo2_scale.finish())),
            ("spo2_by", Arc::new(self.spo2_by.finish())),
            ("spo2_at", Arc::new(self.spo2_at.finish())),
            ("spo2_reason", Arc::new(self.spo2_reason.finish())),
            ("birth_date", Arc::new(self.birth_date.finish())),
            ("age_group", Arc::new(self.age_group.finish())),
            ("pregnant", Arc::new(self.pregnant.finish())),
            ("limits", Arc::new(self.limits.finish())),
            ("admitted", Arc::new(self.admitted.finish())),
            ("ward", Arc::new(self.ward.finish())),
            ("bed", Arc::new(self.bed.finish())),
            ("discharged", Arc::new(self.discharged.finish())),
            ("merged_into", Arc::new(self.merged_into.finish())),
            ("value", Arc::new(self.value.finish())),
        ];
        columns.extend(self.kafka.finish());
        columns
    }
}
