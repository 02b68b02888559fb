//! What processes say about each other: `after`, ports, which one is primary.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet, VecDeque};
use std::net::SocketAddr;

use super::fault::Fault;
use super::nearest::nearest;
use super::process::Draft;

/// Whose message the status bar shows unless somebody says otherwise, if there is one of this id.
const PRIMARY: &str = "providerRouter";

/// Checks all processes against each other and against where the server listens.
pub(super) fn check(drafts: &[Draft], listen: SocketAddr, faults: &mut Vec<Fault>) {
    unknown_names(drafts, faults);
    circles(drafts, faults);
    ports(drafts, listen, faults);
    primaries(drafts, faults);
}

/// Makes exactly one process the primary one.
pub(super) fn choose_primary(drafts: &mut [Draft]) {
    if drafts.iter().any(|draft| draft.spec.primary) {
        return;
    }
    let named = drafts.iter().position(|draft| draft.spec.id == PRIMARY);
    if let Some(draft) = drafts.get_mut(named.unwrap_or(0)) {
        draft.spec.primary = true;
    }
}

fn unknown_names(drafts: &[Draft], faults: &mut Vec<Fault>) {
    let ids: Vec<&str> = drafts.iter().map(|draft| draft.spec.id.as_str()).collect();
    let known: HashSet<&str> = ids.iter().copied().collect();
    for draft in drafts {
        for (name, place) in draft.spec.after.iter().zip(&draft.after) {
            if !known.contains(name.as_str()) {
                let others = ids.iter().copied().filter(|id| *id != draft.spec.id);
                let help = match nearest(name, others) {
                    Some(near) => format!("did you mean \"{near}\"?"),
                    None => format!("there are: {}", ids.join(", ")),
                };
                let title = format!("`after` names a process that does not exist: {name:?}");
                faults.push(Fault::at(place.clone(), title).help(help));
            }
        }
    }
}

/// Tells each circle of `after` once, at the first process of the file that is in it.
fn circles(drafts: &[Draft], faults: &mut Vec<Fault>) {
    let successors = successors(drafts);
    let mut told = vec![false; drafts.len()];
    for start in 0..drafts.len() {
        let Some(circle) = circle_through(&successors, start) else { continue };
        if circle.iter().any(|at| told[*at]) {
            continue;
        }
        circle.iter().for_each(|at| told[*at] = true);
        faults.push(circle_fault(drafts, &circle));
    }
}

/// For each process the indexes of those in its `after` that exist.
fn successors(drafts: &[Draft]) -> Vec<Vec<usize>> {
    let indexes: HashMap<&str, usize> =
        drafts.iter().enumerate().map(|(at, draft)| (draft.spec.id.as_str(), at)).collect();
    let of = |draft: &Draft| {
        draft.spec.after.iter().filter_map(|name| indexes.get(name.as_str()).copied()).collect()
    };
    drafts.iter().map(of).collect()
}

fn circle_fault(drafts: &[Draft], circle: &[usize]) -> Fault {
    let ids = circle.iter().chain(circle.first()).map(|at| drafts[*at].spec.id.as_str());
    let named = ids.collect::<Vec<_>>().join(" → ");
    let second = &drafts[*circle.get(1).unwrap_or(&circle[0])].spec.id;
    let first = &drafts[circle[0]];
    let place = first.spec.after.iter().position(|name| name == second).map(|at| &first.after[at]);
    Fault::at(place.unwrap_or(&first.id).clone(), format!("`after` goes in a circle: {named}"))
        .help("no process can be started after itself: remove one of these")
}

/// The shortest way along `after` from a process back to itself.
fn circle_through(successors: &[Vec<usize>], start: usize) -> Option<Vec<usize>> {
    let mut came_from: HashMap<usize, usize> = HashMap::new();
    let mut queue = VecDeque::from([start]);
    while let Some(at) = queue.pop_front() {
        for &next in &successors[at] {
            if next == start {
                return Some(way(&came_from, start, at));
            }
            if let Entry::Vacant(vacant) = came_from.entry(next) {
                vacant.insert(at);
                queue.push_back(next);
            }
        }
    }
    None
}

fn way(came_from: &HashMap<usize, usize>, start: usize, end: usize) -> Vec<usize> {
    let mut way = vec![end];
    let mut at = end;
    while let (true, Some(before)) = (at != start, came_from.get(&at)) {
        at = *before;
        way.push(at);
    }
    way.reverse();
    way
}

fn ports(drafts: &[Draft], listen: SocketAddr, faults: &mut Vec<Fault>) {
    for (index, draft) in drafts.iter().enumerate() {
        let Some(port) = draft.spec.port else { continue };
        let first = drafts[..index].iter().find(|earlier| earlier.spec.port == Some(port));
        if let Some(first) = first {
            let title = format!("port {port} is used twice");
            let label = format!("`{}` has it", first.spec.id);
            faults.push(Fault::at(draft.port.clone(), title).related(first.port.clone(), label));
        }
        if port == listen.port() && (listen.ip().is_loopback() || listen.ip().is_unspecified()) {
            let title = format!("port {port} is the control server's own");
            let help = format!("it listens on {listen}: give this process another port");
            faults.push(Fault::at(draft.port.clone(), title).help(help));
        }
    }
}

fn primaries(drafts: &[Draft], faults: &mut Vec<Fault>) {
    let mut primaries = drafts.iter().filter_map(|draft| Some((draft, draft.primary.clone()?)));
    let Some((first, first_place)) = primaries.next() else { return };
    for (draft, place) in primaries {
        let title = format!("two primary processes: `{}` and `{}`", first.spec.id, draft.spec.id);
        let fault = Fault::at(place, title).related(first_place.clone(), "the first one");
        faults.push(
            fault.help("the status bar shows the message of one: keep `primary = true` there"),
        );
    }
}
