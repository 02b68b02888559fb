//! How much the journal keeps.

use rusqlite::{Connection, params};

/// Which part of the room is made free at once where there is none left, so that old events are seldom looked for.
const FREED: u64 = 16;

/// How many events are let go before it is looked again: few, since each may be as big as 10 KB, and a small journal has
/// room for a hundred of those.
const STEP: i64 = 32;

/// How much bigger than it may be the file is left, as one over this: one great batch may have made it so.
const TOLERATED: u64 = 4;

/// The oldest events, but for the last one of each process: that says which generation comes next.
const OLDEST: &str = "DELETE FROM events WHERE seq IN (
    SELECT seq FROM events AS old
    WHERE seq < (SELECT max(seq) FROM events WHERE process = old.process)
    ORDER BY seq LIMIT ?1)";

/// Lets the oldest events go where all of them take more than `most_bytes`. What they took is there for new ones: the
/// file does not become smaller.
pub(crate) fn let_go(connection: &Connection, most_bytes: u64) -> rusqlite::Result<()> {
    if taken(connection)? <= most_bytes {
        return Ok(());
    }
    let aim = most_bytes - most_bytes / FREED;
    let mut delete = connection.prepare_cached(OLDEST)?;
    while taken(connection)? > aim && delete.execute(params![STEP])? > 0 {}
    Ok(())
}

/// Makes a file smaller that is far bigger than it may be: an earlier server was allowed more. Takes about a second for
/// each 100 MB; those who read are not held up.
pub(crate) fn make_room(connection: &Connection, most_bytes: u64) -> rusqlite::Result<()> {
    let_go(connection, most_bytes)?;
    let file = pages(connection, "page_count")? * pages(connection, "page_size")?;
    if file <= most_bytes + most_bytes / TOLERATED {
        return Ok(());
    }
    connection.execute_batch("VACUUM")?;
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_row| Ok(()))
}

/// What is in use of the file, in bytes.
fn taken(connection: &Connection) -> rusqlite::Result<u64> {
    let used =
        pages(connection, "page_count")?.saturating_sub(pages(connection, "freelist_count")?);
    Ok(used * pages(connection, "page_size")?)
}

fn pages(connection: &Connection, what: &str) -> rusqlite::Result<u64> {
    connection.pragma_query_value(None, what, |row| row.get::<_, i64>(0)).map(i64::cast_unsigned)
}
