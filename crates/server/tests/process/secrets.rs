//! Keys and passwords: where they are kept, and who is kept from them.

use std::fs::{self, Permissions};
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

use crate::support::{Client, KEK, Server, folder, personhood, token};

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[cfg(target_os = "linux")]
#[test]
fn the_key_leaves_the_environment_of_the_process_and_nothing_is_dumped() {
    let folder = folder();
    let mut command = personhood(folder.path());
    command
        .env("PERSONHOOD_KEK", KEK)
        .env("AWS_SECRET_ACCESS_KEY", "cloudsecret")
        .env("PERSONHOOD_LOG_LEVEL", "info");
    let server = Server::run(&mut command, folder.path());
    let process = format!("/proc/{}", server.pid());
    // Whoever is not root may not even look, as nothing of the process is dumped.
    if let Ok(environment) = fs::read(format!("{process}/environ")) {
        let environment = String::from_utf8_lossy(&environment);
        assert!(environment.contains("PERSONHOOD_LOG_LEVEL=info"), "it can be read at all");
        for secret in [KEK, "cloudsecret"] {
            assert!(!environment.contains(secret), "{environment}");
        }
    }
    let limits = fs::read_to_string(format!("{process}/limits")).unwrap();
    let cores = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    let figures: Vec<&str> = cores.split_whitespace().skip(4).take(2).collect();
    assert_eq!(figures, ["0", "0"]);
    assert!(!folder.path().join("keys").exists(), "the key came from outside");
    server.kill();
}

/// Of a process that may be dumped, the files in `/proc` that show its memory belong to its user; else to root.
#[cfg(target_os = "linux")]
#[test]
fn no_process_of_the_same_user_looks_into_the_server() {
    use std::os::unix::fs::{MetadataExt as _, chown};
    use std::os::unix::process::CommandExt as _;
    const NOBODY: u32 = 65_534;
    let temporary = folder();
    let is_root = fs::metadata(temporary.path()).unwrap().uid() == 0;
    let data = temporary.path().join("data");
    let mut command = personhood(&data);
    if is_root {
        // Root's own files say nothing; and another user may not reach where the binary was built.
        let program = temporary.path().join("personhood");
        fs::copy(command.get_program(), &program).unwrap();
        chown(temporary.path(), Some(NOBODY), Some(NOBODY)).unwrap();
        let own = command;
        command = Command::new(program);
        command.args(own.get_args()).uid(NOBODY).gid(NOBODY);
        command.envs(own.get_envs().filter_map(|(name, value)| Some((name, value?))));
    }
    let server = Server::run(&mut command, &data);
    let process = format!("/proc/{}", server.pid());
    assert_ne!(fs::metadata(&data).unwrap().uid(), 0, "the server is not root");
    assert_eq!(fs::metadata(format!("{process}/environ")).unwrap().uid(), 0);
    server.kill();
}

#[test]
fn a_password_on_the_command_line_is_refused_with_the_ways_out() {
    let folder = folder();
    let url = "postgres://u:letmein@127.0.0.1:1/d";
    let place = folder.path().to_str().unwrap();
    for (args, way) in [
        (&["--database-url", url, "token", "list"][..], "PERSONHOOD_DATABASE_URL_FILE"),
        (&["migrate-store", "--from", url, "--to", place], "env:NAME"),
        (&["migrate-store", "--from", place, "--to", url], "file:PATH"),
        (&["doctor", "--same-as", url], "env:NAME"),
    ] {
        let output = personhood(&folder.path().join("data")).args(args).output().unwrap();
        let said = said(&output);
        assert_eq!(output.status.code(), Some(2), "{args:?}: {said}");
        assert!(said.contains(way) && !said.contains("letmein"), "{said}");
    }
}

#[test]
fn a_data_folder_that_others_can_enter_is_refused() {
    let folder = folder();
    let data = folder.path().join("data");
    token(&data);
    for (mode, ok) in [(0o755, false), (0o701, false), (0o770, true), (0o700, true)] {
        fs::set_permissions(&data, Permissions::from_mode(mode)).unwrap();
        let output = personhood(&data).args(["token", "list"]).output().unwrap();
        assert_eq!(output.status.success(), ok, "{mode:o}: {}", said(&output));
        assert!(ok || said(&output).contains("0700"), "{}", said(&output));
    }
}

fn key_place(command: &mut Command) -> Value {
    let output = command.args(["doctor", "--json"]).output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    report["checks"].as_array().unwrap().iter().find(|c| c["name"] == "key place").unwrap().clone()
}

#[test]
fn the_key_is_made_beside_the_data_and_doctor_warns_of_one_inside() {
    let folder = folder();
    let data = folder.path().join("data");
    let plain = || {
        let mut command = personhood(&data);
        command.env_remove("PERSONHOOD_KEYS_DIR");
        command
    };
    assert!(plain().args(["token", "list"]).status().unwrap().success());
    let (beside, inside) = (folder.path().join("data-keys/kek"), data.join("keys/kek"));
    assert!(beside.exists() && !data.join("keys").exists());
    let found = key_place(&mut plain());
    assert_eq!((&found["ok"], &found["warning"]), (&Value::from(true), &Value::from(false)), "{found}");

    // Where an earlier version has made it.
    fs::create_dir(data.join("keys")).unwrap();
    fs::rename(&beside, &inside).unwrap();
    assert!(plain().args(["token", "list"]).status().unwrap().success());
    assert!(!beside.exists());
    let found = key_place(&mut plain());
    assert_eq!((&found["ok"], &found["warning"]), (&Value::from(true), &Value::from(true)), "{found}");
}

fn listed(data: &Path, what: &str) -> Value {
    let output = personhood(data).args([what, "list", "--json"]).output().unwrap();
    serde_json::from_slice::<Value>(&output.stdout).unwrap()[0]["id"].clone()
}

#[test]
fn a_line_of_the_log_says_which_token_of_which_tenant_and_nothing_of_a_person() {
    let folder = folder();
    let data = folder.path().join("data");
    let secret = token(&data);
    let server = Server::start(&data);
    let log = server.log.clone();
    let mut client = Client::connect(server.address, &secret).unwrap();
    let body = r#"{"firstName":"Canaryname","lastName":"B"}"#;
    assert_eq!(client.send("POST", "/v2/persons", Some(body)).unwrap().status, 201);
    let mut stranger = Client::connect(server.address, "wrong").unwrap();
    assert_eq!(stranger.send("GET", "/v2/persons", None).unwrap().status, 401);
    drop((client, stranger));
    assert!(server.terminate());
    let text = fs::read_to_string(log).unwrap();
    let lines: Vec<Value> = text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let line =
        |method: &str| lines.iter().find(|l| l["route"] == "/v2/persons" && l["method"] == method).unwrap();
    assert_eq!(line("POST")["token"], listed(&data, "token"));
    assert_eq!(line("POST")["tenant"], listed(&data, "tenant"));
    assert_eq!((line("GET").get("token"), line("GET").get("tenant")), (None, None), "nobody we know");
    assert!(!text.contains(&secret) && !text.contains("Canaryname"));
}

#[test]
fn plain_http_beyond_this_machine_is_warned_of_unless_it_is_meant() {
    let folder = folder();
    for (meant, warned) in [("false", true), ("true", false)] {
        let mut child = personhood(&folder.path().join("data"))
            .args(["serve", "--listen", "0.0.0.0:0", "--log-format", "json"])
            .env("PERSONHOOD_BEHIND_TLS_PROXY", meant)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
        let before: Vec<String> = lines.take_while(|line| !line.contains("\"listening\"")).collect();
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(before.iter().any(|line| line.contains("not-encrypted")), warned, "{before:?}");
    }
}
