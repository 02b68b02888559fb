//! The machine in a world that is out to get it: explored exhaustively at small size, walked at random at larger size.

mod drive;
mod explore;
mod judge;
mod rules;
mod seen;
mod settings;
mod truth;
mod walk;
mod world;
