//! What a caller of the control API sees: a real server, a real supervisor, shell children. A file for each behaviour.

#[cfg(test)]
mod access;
#[cfg(test)]
mod bind;
#[cfg(test)]
mod catalog;
#[cfg(test)]
mod credentials;
#[cfg(test)]
mod crowd;
#[cfg(test)]
mod errors;
#[cfg(test)]
mod events;
#[cfg(test)]
mod golden;
#[cfg(test)]
mod logs;
#[cfg(test)]
mod openapi;
#[cfg(test)]
mod orders;
#[cfg(test)]
mod oversized;
#[cfg(test)]
mod pages;
#[cfg(test)]
mod patience;
#[cfg(test)]
mod raw;
#[cfg(test)]
mod reading;
#[cfg(test)]
mod requests;
#[cfg(test)]
mod session;
#[cfg(test)]
mod shutdown;
#[cfg(test)]
mod slow;
#[cfg(test)]
mod socketio_order;
#[cfg(test)]
mod tls;
#[cfg(test)]
mod token;
#[cfg(test)]
mod upgrade;
#[cfg(test)]
mod usage;
#[cfg(test)]
mod world;
