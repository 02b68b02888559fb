//! The exhaustive exploration.

use stateright::{Checker, HasDiscoveries, Model, Property};

use crate::rules::Rule;
use crate::settings::{Setting, exhaustive};
use crate::truth::Event;
use crate::world::World;

const HOLDS: &str = "every rule holds";

impl Model for Setting {
    type State = World;
    type Action = Event;

    fn init_states(&self) -> Vec<World> {
        vec![World::new(self)]
    }

    fn actions(&self, world: &World, actions: &mut Vec<Event>) {
        actions.extend(world.events(self));
    }

    fn next_state(&self, world: &World, event: Event) -> Option<World> {
        let mut next = world.clone();
        next.apply(self, event);
        Some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![Property::always(HOLDS, |setting: &Self, world: &World| {
            world.verdict(setting).is_none()
        })]
    }
}

/// Explores all that can happen and counts it; otherwise tells the shortest way to a broken rule.
fn explore(setting: &Setting) -> Result<usize, String> {
    let checker = setting
        .clone()
        .checker()
        .threads(2)
        .finish_when(HasDiscoveries::AnyFailures)
        .spawn_bfs()
        .join();
    if let Some(path) = checker.discovery(HOLDS) {
        let rule = path.last_state().verdict(setting).map_or("unknown", Rule::text);
        let way = path.into_actions();
        return Err(format!("broken rule: {rule}\nin: {}\nway: {way:#?}", setting.name));
    }
    if !checker.is_done() {
        return Err(format!("{}: not explored to the end", setting.name));
    }
    Ok(checker.unique_state_count())
}

#[test]
fn every_rule_holds_in_every_reachable_world() {
    let mut all = 0;
    for setting in exhaustive() {
        match explore(&setting) {
            Ok(states) => {
                println!("{states:>8} states: {}", setting.name);
                all += states;
            }
            Err(broken) => panic!("{broken}"),
        }
    }
    println!("{all:>8} states in all");
}
