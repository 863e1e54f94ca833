//! What a person sees on the first start.

use std::io::{self, Write as _};
use std::net::SocketAddr;

/// Prints the address and, once, a token with a line to try it.
pub(crate) fn print(address: SocketAddr, token: Option<&str>) {
    let mut text = format!("\nPersonhood serves http://{address}   reference: http://{address}/docs\n");
    if let Some(token) = token {
        text += &format!(
            "\nYour first token, shown this once; it lasts 7 days and may do everything:\n\n  {token}\n\nTry it:\n\n  \
             curl -i http://{address}/v2/persons -H 'Authorization: Bearer {token}' \
             -H 'Content-Type: application/json' -d '{{\"firstName\":\"John\",\"lastName\":\"Doe\"}}'\n"
        );
    }
    // Nobody may be reading.
    let _ = writeln!(io::stdout(), "{text}");
}
