//! What must hold of every step, each under a name that a failure can be reported by.

/// Declares the rules.
macro_rules! rules {
    ($($rule:ident: $text:literal,)*) => {
        /// A promise that the machine must keep.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub(crate) enum Rule {
            $(#[doc = $text] $rule,)*
        }

        impl Rule {
            /// The rule in words.
            pub(crate) fn text(self) -> &'static str {
                match self {
                    $(Self::$rule => $text,)*
                }
            }
        }
    };
}

rules! {
    OneGeneration: "at most one generation is alive",
    Numbers: "generations grow by one a spawn, and a start that spawned nothing keeps the number",
    Prepared: "a spawn follows a look that found nothing against it",
    Steps: "only the contract's steps are announced",
    Truth: "the snapshot says what was announced last",
    Gone: "stopped and error are only said when nothing of the tree is alive",
    Proven: "running is only said of a live, proven generation",
    Ready: "what is proven is said to be running",
    Outcome: "an end leads to the state that its cause demands",
    Prompt: "an end that is known is told at once",
    Fields: "fault, evidence, restart and pid are told in their states alone",
    Counts: "automatic restarts stay within their limit, and an order begins the count anew",
    Stale: "a stale fact or timer changes nothing",
    Timers: "a timer is armed in its own state alone, and once",
    Retry: "a restart is promised exactly while its timer runs",
    Probes: "probes run exactly while there is something to prove or to watch",
    Signals: "signals go to what is there",
    Drain: "SIGKILL waits for the stop timeout or for a user who orders it",
    Haste: "a kill order is carried out at once",
    Dependents: "a stop lets those go first that have the process in their `after`",
    Waiters: "a waiter is answered once, and in a settled state",
    Unanswered: "once things are quiet every waiter was answered",
    Settled: "once things are quiet the process has settled",
    LastOrder: "once things are quiet the last order has won",
    Ends: "left to itself, every world becomes quiet",
}
