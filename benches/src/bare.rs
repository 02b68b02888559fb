//! The floor of the fan-out: one thread that writes a frame, made once, to each client in a row.
//! No heartbeat, no queue, no slow client: what it takes is the kernel's own price for telling that
//! many clients, and no server that makes one call a client can take less CPU.
use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};

use crate::failure::{Doing, Outcome};
use crate::frame;
use crate::http;

/// Serves, after the one connection for orders, so many clients; then sends the body of every POST
/// to all of them.
pub(crate) fn serve(clients: usize) -> Outcome<()> {
    let listener = TcpListener::bind("127.0.0.1:0").doing("listening")?;
    let address = listener.local_addr().doing("listening")?;
    writeln!(io::stdout(), "Server listening on http://{address}").doing("printing")?;
    let (mut orders, _) = listener.accept().doing("accepting")?;
    orders.set_nodelay(true).doing("turning off delayed sends")?;
    let mut members = Vec::with_capacity(clients);
    while members.len() < clients {
        members.push(join(&listener)?);
    }
    // An error here is the end of the connection for orders, and so the end of the task.
    while let Ok(body) = order(&mut orders) {
        let frame = frame::from_server(&format!("42[\"lifecycle:update\",{body}]"));
        for member in &mut members {
            member.write_all(&frame).doing("sending an event")?;
        }
        orders.write_all(b"HTTP/1.1 200 OK\r\n\r\n").doing("answering")?;
    }
    Ok(())
}

fn join(listener: &TcpListener) -> Outcome<TcpStream> {
    let (mut member, _) = listener.accept().doing("accepting")?;
    member.set_nodelay(true).doing("turning off delayed sends")?;
    http::head(&mut member)?;
    let open = [b"HTTP/1.1 101 Switching Protocols\r\n\r\n", &*frame::from_server("0{}")].concat();
    member.write_all(&open).doing("opening a client")?;
    let asked = member.read(&mut [0; 64]).doing("reading a join")?;
    let joined = if asked > 0 { frame::from_server("40{}") } else { Vec::new() };
    member.write_all(&joined).doing("joining a client")?;
    Ok(member)
}

fn order(orders: &mut TcpStream) -> Outcome<String> {
    let (head, mut body) = http::head(orders)?;
    let had = body.len();
    body.resize(http::content_length(&head).max(had), 0);
    orders.read_exact(&mut body[had..]).doing("reading an order")?;
    Ok(String::from_utf8_lossy(&body).into_owned())
}
