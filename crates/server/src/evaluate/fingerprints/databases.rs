//! Folders of impressions: `FINGER_IMPRESSION.ext`.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::evaluate::liveness::EvaluateError;

/// Extensions that are read.
const EXTENSIONS: [&str; 8] = ["png", "jpg", "jpeg", "bmp", "tif", "tiff", "wsq", "fmr"];

/// One impression.
pub(super) struct Image {
    pub(super) finger: String,
    pub(super) impression: String,
    pub(super) file: PathBuf,
}

/// Impressions of one sensor.
pub(super) struct Database {
    pub(super) name: String,
    pub(super) images: Vec<Image>,
}

impl Image {
    fn of(file: PathBuf) -> Option<Self> {
        let extension = file.extension()?.to_str()?.to_ascii_lowercase();
        let (finger, impression) = file.file_stem()?.to_str()?.rsplit_once('_')?;
        let (finger, impression) = (finger.to_owned(), impression.to_owned());
        EXTENSIONS.contains(&extension.as_str()).then_some(Self { finger, impression, file })
    }
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, EvaluateError> {
    let wrong = |e| EvaluateError::Read(folder.to_owned(), e);
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(wrong)? {
        paths.push(entry.map_err(wrong)?.path());
    }
    paths.sort();
    Ok(paths)
}

impl Database {
    fn of(folder: &Path) -> Result<Option<Self>, EvaluateError> {
        let mut images: Vec<Image> = entries(folder)?.into_iter().filter_map(Image::of).collect();
        // In the order of their numbers: the first impression is 1, not 10.
        images.sort_by_key(|i| (i.finger.clone(), i.impression.len(), i.impression.clone()));
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Ok((!images.is_empty()).then_some(Self { name, images }))
    }

    /// The databases in `folders`: each holds impressions, or folders of impressions.
    pub(super) fn find(folders: &[PathBuf]) -> Result<Vec<Self>, EvaluateError> {
        let mut databases = Vec::new();
        for folder in folders {
            match Self::of(folder)? {
                Some(database) => databases.push(database),
                None => {
                    for inner in entries(folder)?.into_iter().filter(|p| p.is_dir()) {
                        databases.extend(Self::of(&inner)?);
                    }
                }
            }
        }
        if databases.is_empty() {
            return Err(EvaluateError::NoImages);
        }
        Ok(databases)
    }

    /// How many fingers there are.
    pub(super) fn fingers(&self) -> usize {
        self.images.iter().map(|i| &i.finger).collect::<BTreeSet<_>>().len()
    }
}
