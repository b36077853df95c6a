//! A DNS server of the tests' own: it names the controllers a test wants, in the order it wants.

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};

use tokio::net::UdpSocket;

/// What the server knows; of anything else it says that there is none.
#[derive(Default)]
pub struct Records {
    services: HashMap<String, Vec<(String, u16)>>,
    addresses: HashMap<String, Ipv4Addr>,
}

impl Records {
    /// Adds a record of hosts for a service (SRV), the one to be tried first at the front.
    pub fn service(mut self, name: &str, hosts: &[&str], port: u16) -> Self {
        self.services.insert(name.to_owned(), hosts.iter().map(|host| ((*host).to_owned(), port)).collect());
        self
    }

    /// Adds the address of a host (A).
    pub fn address(mut self, host: &str, address: Ipv4Addr) -> Self {
        self.addresses.insert(host.to_owned(), address);
        self
    }

    /// Starts a server that knows these records; it ends with the test.
    pub async fn serve(self) -> SocketAddr {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let address = socket.local_addr().unwrap();
        tokio::spawn(async move {
            let mut question = [0; 1500];
            while let Ok((length, client)) = socket.recv_from(&mut question).await {
                let answer = self.answer(&question[..length]);
                socket.send_to(&answer, client).await.unwrap();
            }
        });
        address
    }

    /// Answers one question (RFC 1035 4.1, RFC 2782).
    fn answer(&self, message: &[u8]) -> Vec<u8> {
        const HEADER: usize = 12;
        let (mut labels, mut at) = (Vec::new(), HEADER);
        while message[at] != 0 {
            let end = at + 1 + usize::from(message[at]);
            labels.push(String::from_utf8_lossy(&message[at + 1..end]).to_lowercase());
            at = end;
        }
        let (name, kind) = (labels.join("."), u16::from_be_bytes([message[at + 1], message[at + 2]]));
        let found: Vec<Vec<u8>> = match kind {
            A => self.addresses.get(&name).map(|address| address.octets().to_vec()).into_iter().collect(),
            SRV => {
                let hosts = self.services.get(&name).map(Vec::as_slice).unwrap_or_default().iter().enumerate();
                hosts.map(|(priority, (host, port))| service_data(priority as u16, *port, host)).collect()
            }
            _ => Vec::new(),
        };
        let mut answer = message[..2].to_vec();
        // A final answer without error to one question.
        answer.extend([0x85, 0x80, 0, 1]);
        answer.extend((found.len() as u16).to_be_bytes());
        answer.extend([0; 4]);
        answer.extend(&message[HEADER..at + 5]);
        for data in found {
            // The name of the question, this type, class IN, one minute.
            answer.extend([0xC0, HEADER as u8]);
            answer.extend(kind.to_be_bytes());
            answer.extend([0, 1, 0, 0, 0, 60]);
            answer.extend((data.len() as u16).to_be_bytes());
            answer.extend(data);
        }
        answer
    }
}

const A: u16 = 1;
const SRV: u16 = 33;

fn service_data(priority: u16, port: u16, host: &str) -> Vec<u8> {
    let mut data = priority.to_be_bytes().to_vec();
    data.extend([0, 100]);
    data.extend(port.to_be_bytes());
    for label in host.split('.') {
        data.push(label.len() as u8);
        data.extend(label.as_bytes());
    }
    data.push(0);
    data
}
