//! Fills a data folder with so many persons, to measure a start on it: `fill DIR COUNT`. The folder must have been
//! made by `personhood`; its key is read from it.

use std::path::PathBuf;
use std::sync::Arc;

use bench::Home;
use domain::person::{Change, Email, Name, Patch};
use registry::Enrolment;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let folder = PathBuf::from(arguments.next().expect("a folder"));
    let count: usize = arguments.next().and_then(|c| c.parse().ok()).expect("a count");
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let home = Arc::new(Home::open_keyed(&folder).await);
        let caller = home.registry.authenticate(&home.token).await.expect("a caller");
        let tasks: Vec<_> = (0..64)
            .map(|worker| {
                let home = Arc::clone(&home);
                tokio::spawn(async move {
                    for n in (worker..count).step_by(64) {
                        let patch = Patch {
                            first_name: Change::Set(Name::parse(&format!("First{n}")).expect("a name")),
                            last_name: Change::Set(Name::parse(&format!("Last{}", n % 977)).expect("a name")),
                            email: Change::Set(
                                Email::parse(&format!("p{n}@example.com")).expect("an address"),
                            ),
                            ..Patch::default()
                        };
                        let new = Enrolment { patch, face: None, fingerprint: None, on_duplicate: None };
                        home.registry.create(&caller, new, None).await.expect("a person");
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.expect("a worker");
        }
    });
    println!("{count} persons");
}
