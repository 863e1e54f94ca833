//! Bringing the schema to the present version, once, in one transaction a step.

use ::store::StoreError;
use rusqlite::{Connection, TransactionBehavior};

use crate::failure::failed;

/// Numbered from 1; never changed once released, only added to.
const STEPS: [&str; 7] = [
    include_str!("../migrations/0001_persons.sql"),
    include_str!("../migrations/0002_search.sql"),
    include_str!("../migrations/0003_leases.sql"),
    include_str!("../migrations/0004_fingerprints.sql"),
    include_str!("../migrations/0005_sealed_records.sql"),
    include_str!("../migrations/0006_store_identity.sql"),
    include_str!("../migrations/0007_validity.sql"),
];

fn version(connection: &Connection) -> Result<usize, StoreError> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0)).map_err(failed)
}

/// Applies the steps that are missing. Safe when several processes start at once: the version is read again
/// inside the write transaction.
///
/// # Errors
/// [`StoreError::Damaged`] when the store was written by a newer version of the program.
pub(crate) fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    if version(connection)? == STEPS.len() {
        return Ok(());
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed)?;
    let found = version(&transaction)?;
    if found > STEPS.len() {
        return Err(StoreError::Damaged(format!(
            "the store has schema version {found}, this program knows {}: install the newer program",
            STEPS.len()
        )));
    }
    for step in &STEPS[found..] {
        transaction.execute_batch(step).map_err(failed)?;
    }
    transaction.pragma_update(None, "user_version", STEPS.len()).map_err(failed)?;
    transaction.commit().map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_of_a_newer_program_is_refused_and_untouched() {
        let mut connection = Connection::open_in_memory().unwrap();
        connection.pragma_update(None, "user_version", 99).unwrap();
        assert!(matches!(migrate(&mut connection), Err(StoreError::Damaged(_))));
        assert_eq!(version(&connection), Ok(99));
    }

    #[test]
    fn samples_enrolled_before_they_were_searched_are_followed() {
        let mut connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(STEPS[0]).unwrap();
        connection.pragma_update(None, "user_version", 1).unwrap();
        connection
            .execute_batch(
                "INSERT INTO samples VALUES (x'01', x'0a', x'01', 1, 1, 0, 7, 'm', x'00'), (x'01', x'0a', x'02', 1, 2, 0, 9, '', NULL),
                                            (x'01', x'0b', x'03', 2, 1, 0, 8, '', NULL);",
            )
            .unwrap();
        migrate(&mut connection).unwrap();
        let followed: Vec<(Vec<u8>, u64)> = connection
            .prepare("SELECT person, sequence FROM search_changes ORDER BY person")
            .unwrap()
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
            .unwrap()
            .collect::<Result<_, _>>()
            .unwrap();
        assert_eq!(
            followed,
            [(vec![0x0a], 7), (vec![0x0b], 8)],
            "enrolled faces and fingers count, evidence does not"
        );
    }

    #[test]
    fn migrating_twice_changes_nothing() {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate(&mut connection).unwrap();
        migrate(&mut connection).unwrap();
        assert_eq!(version(&connection), Ok(STEPS.len()));
    }
}
