//! The plan of a simulation: who the patients are, and who deteriorates when.

use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use super::{
    artefacts::ArtefactRates,
    baseline::Baseline,
    course::{Course, Episode, ms},
    patient::SimulatedPatient,
    profile::Profile,
    scenario::{SCENARIOS, Scenario},
    scenario_file::ScenarioFile,
};

/// Everything that distinguishes one patient from another.
pub(super) struct PatientPlan {
    /// Counts from 1.
    pub(super) number: u32,
    pub(super) id: String,
    pub(super) ward: String,
    pub(super) bed: String,
    pub(super) profile: Profile,
    pub(super) baseline: Baseline,
    pub(super) course: Course,
    /// The random stream of the patient, independent of the number of patients.
    pub(super) rng: ChaCha8Rng,
}

/// The distribution of episodes over the patients.
#[derive(Debug, Clone, PartialEq)]
enum Episodes {
    /// Three of ten patients go through their scenario again and again.
    Ward,
    /// The patients of a scenario file.
    File(ScenarioFile),
    /// One of five patients deteriorates once in so many ms.
    Evaluation { length_ms: i64 },
}

/// A cohort of simulated patients. The seed and the time since the start determine every value.
///
/// ```
/// use producer::simulate::Cohort;
///
/// let cohort = Cohort::evaluation(7, 24);
/// let mut patient = cohort.patient(4);
/// let truth = patient.episodes(24 * 3_600_000);
/// assert_eq!(truth.len(), 1);
/// for second in 0..60 {
///     let reading = patient.reading(second * 1000, 1_763_812_800_000 + second * 1000);
///     assert_eq!(reading.sequence, Some(second));
/// }
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Cohort {
    seed: u64,
    episodes: Episodes,
    artefacts: ArtefactRates,
    /// Names of the wards, which share the patients evenly.
    wards: Vec<String>,
    /// Beds of each ward.
    beds: u32,
}

/// Shortest time before the onset and after the end of an episode of an evaluation, ms.
const MARGIN_MS: i64 = 3_600_000;

impl Cohort {
    /// A ward in which some patients deteriorate and recover again and again.
    #[must_use]
    pub fn ward(seed: u64) -> Self {
        let artefacts = ArtefactRates::default();
        Self { seed, episodes: Episodes::Ward, artefacts, wards: vec!["A1".to_owned()], beds: 1000 }
    }

    /// A cohort for the evaluation of alarms over `hours`: one patient in five has one episode,
    /// with each scenario equally often, which begins an hour or more after the start and, if the
    /// time suffices, ends an hour or more before the end. The others stay well.
    #[must_use]
    pub fn evaluation(seed: u64, hours: u32) -> Self {
        let length_ms = i64::from(hours) * 3_600_000;
        Self { episodes: Episodes::Evaluation { length_ms }, ..Self::ward(seed) }
    }

    /// The cohort of a scenario file.
    pub(crate) fn of_file(seed: u64, file: ScenarioFile) -> Self {
        let artefacts = file.artefacts;
        Self { episodes: Episodes::File(file), artefacts, ..Self::ward(seed) }
    }

    /// The cohort with these artefacts.
    #[must_use]
    pub fn with_artefacts(self, artefacts: ArtefactRates) -> Self {
        Self { artefacts, ..self }
    }

    /// The cohort in these `wards`, which are filled one after the other; beds count from 1.
    #[must_use]
    pub fn in_wards(self, wards: Vec<String>, patients: u32) -> Self {
        let count = u32::try_from(wards.len()).unwrap_or(u32::MAX).max(1);
        Self { wards, beds: patients.div_ceil(count).max(1), ..self }
    }

    /// Patient `index`, from 0, before the first reading.
    #[must_use]
    pub fn patient(&self, index: u32) -> SimulatedPatient {
        SimulatedPatient::new(self.plan(index), &self.artefacts)
    }

    fn plan(&self, index: u32) -> PatientPlan {
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
        // A stream for each patient: more patients do not change the others.
        rng.set_stream(u64::from(index));
        let number = index + 1;
        let listed = match &self.episodes {
            Episodes::File(file) => file.patient(index),
            Episodes::Ward | Episodes::Evaluation { .. } => None,
        };
        let drawn = Profile::of_patient(index, &mut rng);
        let profile = listed.map_or(drawn, |listed| listed.profile(drawn));
        let mut plan = PatientPlan {
            number,
            id: default_id(number),
            ward: self.wards.get((index / self.beds) as usize).cloned().unwrap_or_default(),
            bed: (index % self.beds + 1).to_string(),
            baseline: Baseline::draw(&profile, &mut rng),
            profile,
            course: Course::Once(Vec::new()),
            rng,
        };
        match &self.episodes {
            Episodes::Ward => {
                plan.course = Course::of_ward(Scenario::of_patient(index), &mut plan.rng);
            }
            Episodes::File(_) => listed.into_iter().for_each(|listed| listed.apply(&mut plan)),
            Episodes::Evaluation { length_ms } => {
                plan.course = evaluated(index, *length_ms, &mut plan.rng);
            }
        }
        plan
    }
}

/// The id of patient `number`, from 1.
pub(super) fn default_id(number: u32) -> String {
    format!("p-{number:04}")
}

/// The course of patient `index` in an evaluation of `length_ms`.
fn evaluated(index: u32, length_ms: i64, rng: &mut ChaCha8Rng) -> Course {
    // Drawn in every case: the rest of the random stream does not depend on the scenario.
    let share: f64 = rng.random();
    if index % 5 != 4 {
        return Course::Once(Vec::new());
    }
    let scenario = SCENARIOS[(index / 5) as usize % SCENARIOS.len()];
    let duration_ms = ms(scenario.duration_s());
    let latest_ms = (length_ms - MARGIN_MS - duration_ms).max(MARGIN_MS);
    #[expect(clippy::cast_precision_loss, reason = "2^53 ms are 285,000 years")]
    let onset_ms = MARGIN_MS + ms(share * (latest_ms - MARGIN_MS) as f64 / 1000.0);
    Course::Once(vec![Episode::new(scenario, onset_ms, duration_ms)])
}
