use std::{fs, path::Path};

use ts_rs::{Config, TS};

use super::*;

/// Writes every type that the pages use, each in its file.
fn export(folder: &Path) {
    // JSON numbers are numbers in TypeScript; milliseconds and counts stay below 2^53.
    let config = Config::new().with_large_int("number").with_out_dir(folder);
    WardSnapshot::export_all(&config).unwrap();
    WardUpdate::export_all(&config).unwrap();
    Heartbeat::export_all(&config).unwrap();
    Limits::export_all(&config).unwrap();
    History::export_all(&config).unwrap();
    Status::export_all(&config).unwrap();
}

fn files(folder: &Path) -> BTreeMap<String, String> {
    let read = |entry: fs::DirEntry| {
        let text = fs::read_to_string(entry.path()).unwrap();
        (entry.file_name().into_string().unwrap(), text)
    };
    fs::read_dir(folder).unwrap().map(|entry| read(entry.unwrap())).collect()
}

#[test]
fn the_typescript_is_what_these_types_say() {
    let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join("ui/src/lib/wire");
    let generated = tempfile::tempdir().unwrap();
    export(generated.path());
    if std::env::var_os("UPDATE_WIRE").is_some() {
        fs::remove_dir_all(&committed).unwrap();
        fs::create_dir_all(&committed).unwrap();
        export(&committed);
    }
    let (committed, generated) = (files(&committed), files(generated.path()));
    let names = |files: &BTreeMap<String, String>| files.keys().cloned().collect::<Vec<_>>();
    let how = "UPDATE_WIRE=1 cargo test -p dashboard wire writes the files anew";
    assert_eq!(names(&committed), names(&generated), "{how}");
    for (name, text) in &generated {
        assert_eq!(&committed[name], text, "{name}: {how}");
    }
}
