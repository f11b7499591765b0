//! The part of QEMU's control protocol (QMP) that the harness needs: JSON lines over a Unix socket.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use serde_json::{Value, json};

use crate::error::{Context, Error, Result};

/// QEMU answers at once, so a longer silence means that it hangs.
const LIMIT: Duration = Duration::from_secs(10);

/// A connection in command mode.
#[derive(Debug)]
pub struct Qmp {
    reader: BufReader<UnixStream>,
}

impl Qmp {
    /// Takes over a fresh connection: reads the greeting and leaves negotiation mode.
    pub fn new(stream: UnixStream) -> Result<Self> {
        stream.set_read_timeout(Some(LIMIT)).context("QMP")?;
        let mut qmp = Self { reader: BufReader::new(stream) };
        if qmp.line()?.get("QMP").is_none() {
            return Err(Error::new("QMP: the other side does not greet like QEMU"));
        }
        qmp.execute("qmp_capabilities", &json!({}))?;
        Ok(qmp)
    }

    /// Runs one command and returns its result; events that come in between are passed over.
    pub fn execute(&mut self, command: &str, arguments: &Value) -> Result<Value> {
        let mut line = json!({ "execute": command, "arguments": arguments }).to_string();
        line.push('\n');
        self.reader.get_mut().write_all(line.as_bytes()).context("QMP")?;
        loop {
            let mut answer = self.line()?;
            if let Some(error) = answer.get("error") {
                return Err(Error::new(format!("QMP: {command}: {error}")));
            }
            if let Some(result) = answer.get_mut("return") {
                return Ok(result.take());
            }
        }
    }

    fn line(&mut self) -> Result<Value> {
        let mut line = String::new();
        if self.reader.read_line(&mut line).context("QMP")? == 0 {
            return Err(Error::new("QMP: QEMU has closed the connection"));
        }
        serde_json::from_str(&line).context("QMP")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Connects to a peer that greets and then gives one of `answers` for each command it gets.
    fn against(greeting: &'static str, answers: &'static [&'static str]) -> Result<Qmp> {
        let (ours, mut theirs) = UnixStream::pair().unwrap();
        std::thread::spawn(move || {
            theirs.write_all(greeting.as_bytes()).unwrap();
            let mut commands = BufReader::new(theirs.try_clone().unwrap());
            for answer in answers {
                commands.read_line(&mut String::new()).unwrap();
                theirs.write_all(answer.as_bytes()).unwrap();
            }
        });
        Qmp::new(ours)
    }

    #[test]
    fn events_between_command_and_answer_are_passed_over() {
        let answers = &["{\"return\":{}}\n", "{\"event\":\"RESUME\"}\n{\"return\":{\"status\":\"running\"}}\n"];
        let mut qmp = against("{\"QMP\":{}}\n", answers).unwrap();
        assert_eq!(qmp.execute("query-status", &json!({})).unwrap()["status"], "running");
    }

    #[test]
    fn an_error_is_told_in_the_words_of_qemu() {
        let error = against("{\"QMP\":{}}\n", &["{\"error\":{\"desc\":\"no\"}}\n"]).unwrap_err();
        assert!(error.to_string().contains("\"desc\":\"no\""), "{error}");
    }

    #[test]
    fn a_stranger_and_a_closed_connection_are_errors() {
        assert!(against("{\"hello\":1}\n", &[]).unwrap_err().to_string().contains("greet"));
        assert!(against("", &[]).unwrap_err().to_string().contains("closed"));
    }
}
