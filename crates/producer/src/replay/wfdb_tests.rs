use proptest::prelude::*;
use tempfile::TempDir;

use super::*;

const HEADER: &str = "\
made-n 3 0.0166666666667/125 3     31:25.894 10/10/2896
made.dat 16 10/bpm 16 0 628 1805 0 HR
made.dat 16 10/% 16 0 970 1930 0 SpO2
made.dat 16 1/mmHg 16 0 -32768 120 0 NBPSys
# <age>: 60
";
/// Heart rate, saturation and cuff pressure, three times.
const SAMPLES: [i16; 9] = [628, 970, i16::MIN, 578, 960, i16::MIN, 599, 0, 120];

fn record(header: &str, samples: &[i16]) -> (TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let bytes: Vec<u8> = samples.iter().flat_map(|sample| sample.to_le_bytes()).collect();
    std::fs::write(folder.path().join("made.dat"), bytes).unwrap();
    let path = folder.path().join("made-n.hea");
    std::fs::write(&path, header).unwrap();
    (folder, path)
}

#[test]
fn a_record_is_a_table_of_physical_values() {
    // The cuff's sum overflows: -32768 - 32768 + 120 is 120 in 16 bits.
    let header = HEADER.to_owned();
    let (_folder, path) = record(&header, &SAMPLES);
    let table = read(&path).unwrap();
    let names: Vec<_> = table.header.iter().map(|name| name.text.as_str()).collect();
    assert_eq!(names, ["Time and date", "HR (bpm)", "SpO2 (%)", "NBPSys (mmHg)"]);
    let lines: Vec<_> =
        table.lines.iter().map(|line| line.cells().collect::<Vec<_>>().join(",")).collect();
    assert_eq!(
        lines,
        [
            "2896-10-10T00:31:25.894Z,62.8,97.0,",
            "2896-10-10T00:32:25.894Z,57.8,96.0,",
            "2896-10-10T00:33:25.894Z,59.9,0.0,120",
        ]
    );
}

#[test]
fn a_damaged_record_is_refused_with_the_reason() {
    let header = HEADER.to_owned();
    let cases = [
        (header.replace("1805", "1806"), "checksum 1805, the header has 1806"),
        (header.replace("628 1805", "627 1805"), "begins with 628, the header has 627"),
        (header.replace(" 3     31", " 4     31"), "3 samples, the header has 4"),
        (header.replace("16 10/bpm", "212 10/bpm"), "line 2: format 212 is not supported"),
        (header.replace("16 10/bpm", "16x2 10/bpm"), "format 16x2 is not supported"),
        (header.replace("made-n 3", "made-n/2 3"), "several segments"),
        (header.replace("made-n 3", "made-n 4"), "3 signals, line 1 announces 4"),
        (header.replace("10/10/2896", "40/10/2896"), "is no date and time"),
        (header.replace("10/bpm", "ten/bpm"), "line 2: gain \"ten\""),
        (header.replace("made.dat 16 10/%", "gone.dat 16 10/%"), "can't read gone.dat"),
        ("# nothing\n".to_owned(), "the header is empty"),
    ];
    for (header, expected) in cases {
        let (_folder, path) = record(&header, &SAMPLES);
        let error = format!("{:#}", read(&path).expect_err(&header));
        assert!(error.contains(expected), "{expected}: {error}");
    }
    let (_folder, path) = record(&header, &SAMPLES[..8]);
    let error = format!("{:#}", read(&path).unwrap_err());
    assert!(error.contains("16 bytes, which is no multiple of 3 samples"), "{error}");
}

#[test]
fn gain_and_baseline_are_applied() {
    let header = "n 1 1 2\nmade.dat 16 100(50)/mmHg 16 0 150 400 0 P1\n";
    let (_folder, path) = record(header, &[150, 250]);
    let table = read(&path).unwrap();
    let lines: Vec<_> =
        table.lines.iter().map(|line| line.cells().collect::<Vec<_>>().join(",")).collect();
    assert_eq!(lines, ["0,1.00", "1000,2.00"]);
}

proptest! {
    #[test]
    fn no_header_panics(text in "[a-z0-9 ./:()+#\n-]{0,200}") {
        let _ = Header::parse(&text);
    }
}
