//! Prints milestones on a thread of its own, so that a slow terminal never holds up a client.

use std::collections::BTreeSet;
use std::io::{self, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::cli::args::EventFormat;
use crate::serve::event::{BootEvent, Events};
use crate::serve::journal::{Journal, Milestone, Stage, printable};
use crate::serve::neighbor;

/// Events that wait to be printed; about a megabyte.
const WAITING: usize = 8192;

/// The thread that prints.
pub(super) struct Printer {
    sender: SyncSender<Message>,
    lost: Arc<AtomicU64>,
    thread: JoinHandle<BTreeSet<String>>,
}

enum Message {
    Event(Duration, Box<BootEvent>),
    Stop,
}

/// Where the servers send their events.
pub(super) struct PrinterEvents {
    sender: SyncSender<Message>,
    lost: Arc<AtomicU64>,
    start: Instant,
}

impl Printer {
    pub(super) fn start(format: EventFormat, verbose: bool) -> Self {
        let (sender, receiver) = sync_channel(WAITING);
        let thread = std::thread::spawn(move || print(&receiver, format, verbose));
        Self { sender, lost: Arc::default(), thread }
    }

    pub(super) fn events(&self) -> PrinterEvents {
        PrinterEvents { sender: self.sender.clone(), lost: self.lost.clone(), start: Instant::now() }
    }

    /// Prints what waits, and says what came of it all.
    pub(super) fn finish(self) -> String {
        let lost = self.lost.load(Ordering::Relaxed);
        // Both fail only if the thread has ended before, for which there is then nothing left to print.
        let _ = self.sender.send(Message::Stop);
        let done = self.thread.join().unwrap_or_default();
        let booted = match done.len() {
            0 => "no client got everything".to_owned(),
            1 => "1 client got everything".to_owned(),
            n => format!("{n} clients got everything"),
        };
        let lost = if lost == 0 { String::new() } else { format!("; {lost} events came too fast to be shown") };
        format!("stopped: {booted}{lost}\n")
    }
}

impl Events for PrinterEvents {
    fn emit(&self, event: BootEvent) {
        if self.sender.try_send(Message::Event(self.start.elapsed(), Box::new(event))).is_err() {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// Returns the clients that got everything.
fn print(receiver: &Receiver<Message>, format: EventFormat, verbose: bool) -> BTreeSet<String> {
    let mut journal = Journal::new(neighbor::hardware_address);
    let mut done = BTreeSet::new();
    while let Ok(Message::Event(now, event)) = receiver.recv() {
        let mut text = String::new();
        if verbose && let BootEvent::Silent { mac, reason } = &*event {
            text.push_str(&silence(now, mac.map(|mac| mac.to_string()), reason, format));
        }
        for milestone in journal.on(&event, now) {
            if milestone.stage == Stage::Done {
                done.insert(milestone.client.clone());
            }
            text.push_str(&line(&milestone, format));
        }
        // A reader that has gone is no reason to stop serving.
        let mut stdout = io::stdout().lock();
        let _ = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
    }
    done
}

fn line(milestone: &Milestone, format: EventFormat) -> String {
    match format {
        EventFormat::Text => format!("{milestone}\n"),
        EventFormat::Json => serde_json::to_string(milestone).unwrap_or_default() + "\n",
    }
}

fn silence(now: Duration, mac: Option<String>, reason: &str, format: EventFormat) -> String {
    let seconds = (now.as_secs_f64() * 1000.0).round() / 1000.0;
    let client = mac.unwrap_or_else(|| "unknown".to_owned());
    let text = printable(reason);
    match format {
        EventFormat::Text => format!("{seconds:8.1} s  {client}  silent: {text}\n"),
        EventFormat::Json => {
            serde_json::json!({ "seconds": seconds, "client": client, "stage": "silent", "text": text }).to_string()
                + "\n"
        }
    }
}
