//! How the database is used.

use std::time::Duration;

/// How the database is used. See `config.default.toml` for the meaning of each figure.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where the database is: `postgres://user:password@host[:port][,host…]/name?sslmode=…&sslrootcert=…`.
    pub url: String,
    /// Replicas that lists may be read from, in the same form.
    pub replicas: Vec<String>,
    /// Where images are kept instead of in the database: `s3://bucket[/prefix][?endpoint=URL&region=NAME]`.
    pub images: Option<String>,
    /// Credentials of the image store by the names of the `AWS_…` variables, where they are not in the environment.
    pub credentials: Vec<(String, String)>,
    /// The password, where no URL has one.
    pub password: Option<String>,
    /// How long no image is removed where another store of the same name, or what is left of it, may need it.
    pub copy_wait: Duration,
    /// How long an image without a row is left alone: its commit may still be under way.
    pub orphan_age: Duration,
    /// Most connections of this node.
    pub connections: usize,
    /// Whether statements are prepared once a connection. Not behind a pooler that hands connections round by the
    /// transaction.
    pub prepared: bool,
    /// Whether this node listens for what others commit; it looks for it from time to time all the same.
    pub listen: bool,
    /// How long a statement may go without an answer, and how long a commit is tried for.
    pub patience: Duration,
}

impl Settings {
    /// The defaults over a database.
    #[must_use]
    pub fn at(url: &str) -> Self {
        Self {
            url: url.to_owned(),
            replicas: Vec::new(),
            images: None,
            credentials: Vec::new(),
            password: None,
            copy_wait: Duration::from_secs(86_400),
            orphan_age: Duration::from_secs(3_600),
            connections: 16,
            prepared: true,
            listen: true,
            patience: Duration::from_secs(5),
        }
    }
}
