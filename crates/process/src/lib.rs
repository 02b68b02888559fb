//! What Linux offers a supervisor: spawn, exit, process trees, ports, output.
