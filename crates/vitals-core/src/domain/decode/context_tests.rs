//! Verdicts that need several fields: a table of inputs.

use super::verdict_tests::check;

#[test]
fn zero_is_judged_in_context() {
    let cases = [
        // The cuff did not measure.
        (
            r#""heart_rate":62,"spo2":95,"systolic":0,"diastolic":0"#,
            "heart_rate=62 spo2=95",
            "systolic:not_measured,diastolic:not_measured",
        ),
        (
            r#""heart_rate":59.7,"systolic":0,"diastolic":0.0,"mean_pressure":"0""#,
            "heart_rate=59.7",
            "systolic:not_measured,diastolic:not_measured,mean_pressure:not_measured,mean_pressure:converted",
        ),
        (r#""spo2":95,"systolic":0"#, "spo2=95", "systolic:not_measured"),
        // With the mean of an earlier measurement, and zeros that are rounded.
        (
            r#""spo2":95,"systolic":0,"diastolic":0,"mean_pressure":75"#,
            "spo2=95 mean_pressure=75",
            "systolic:not_measured,diastolic:not_measured",
        ),
        (
            r#""spo2":95,"systolic":0.4,"diastolic":"-0.3""#,
            "spo2=95",
            "systolic:not_measured,diastolic:not_measured,diastolic:converted",
        ),
        (
            r#""spo2":95,"systolic":120,"diastolic":80,"mean_pressure":0"#,
            "spo2=95 systolic=120 diastolic=80 mean_pressure=0",
            "mean_pressure:low",
        ),
        (
            r#""spo2":95,"systolic":120,"diastolic":0"#,
            "spo2=95 systolic=120 diastolic=0",
            "diastolic:low",
        ),
        // The probe or the leads are off.
        (
            r#""heart_rate":74,"pulse":0,"spo2":0"#,
            "heart_rate=74",
            "probe_off,pulse:not_measured,spo2:not_measured",
        ),
        (r#""heart_rate":0,"pulse":74"#, "pulse=74", "leads_off,heart_rate:not_measured"),
        // A rate of zero while other channels go on is left to the alarms.
        (r#""heart_rate":0,"spo2":90"#, "spo2=90", "heart_rate:not_measured"),
        (
            r#""heart_rate":62,"respiratory_rate":0"#,
            "heart_rate=62 respiratory_rate=0",
            "respiratory_rate:low",
        ),
        (r#""spo2":0"#, "", "spo2:not_measured"),
        // A fraction is no zero.
        (r#""heart_rate":0,"spo2":0.3"#, "spo2=0.3", "spo2:ambiguous,heart_rate:not_measured"),
        // The temperature goes on: a probe without a pulse or an ECG.
        (
            r#""heart_rate":0,"pulse":0,"spo2":0,"respiratory_rate":0.2,"temperature":36.9"#,
            "respiratory_rate=0.2 temperature=36.9",
            "respiratory_rate:low,heart_rate:not_measured,pulse:not_measured,spo2:not_measured",
        ),
        (
            r#""heart_rate":"---","spo2":"--""#,
            "",
            "signals_lost,heart_rate:not_measured,spo2:not_measured",
        ),
        // Every channel at once.
        (
            r#""heart_rate":0,"pulse":0,"spo2":0,"respiratory_rate":0"#,
            "",
            "signals_lost,heart_rate:not_measured,pulse:not_measured,spo2:not_measured,respiratory_rate:not_measured",
        ),
    ];
    for (fields, kept, flags) in cases {
        check(fields, kept, flags, "");
    }
}

#[test]
fn inverted_pressures_are_both_refused_and_nothing_else() {
    for (systolic, diastolic) in [("80", "80"), ("300", "300"), ("80", "120"), ("0", "70")] {
        let fields = format!(
            r#""heart_rate":84,"spo2":95,"systolic":{systolic},"diastolic":{diastolic},"mean_pressure":82"#
        );
        let refused = format!(
            "systolic:pressure_inverted:{systolic} diastolic:pressure_inverted:{diastolic}"
        );
        check(&fields, "heart_rate=84 spo2=95 mean_pressure=82", "", &refused);
    }
    check(r#""systolic":2047,"diastolic":238"#, "diastolic=238", "", "systolic:out_of_range:2047");
}
