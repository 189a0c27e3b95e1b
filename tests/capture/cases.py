"""The programs. Each is talked to before it is captured and after it was restarted."""

import json
import os
import pathlib
import random
import re
import signal
import socket
import subprocess
import time

from tree import PATIENCE, SLOWER, STRATEGY, Skipped, installed, wait_for


def last_line(path):
    """The last whole line of a file."""
    path = pathlib.Path(path)
    lines = path.read_text().split("\n")[:-1] if path.exists() else []
    return lines[-1] if lines else ""


# --- a counter: threads, TLS, registers, timers, signals

class Counter:
    def __init__(self, trial, program, threads, **options):
        self.log = trial.work / "counter.log"
        self.threads = threads
        self.process = trial.start([program, str(threads), str(self.log)], **options)
        self.wait_for_more(3)

    def shared(self):
        found = re.fullmatch(r"pid (\d+) shared (\d+) ticks (\d+) bad 0", last_line(self.log))
        return int(found[2]) if found else 0

    def wait_for_more(self, times=1):
        """Until it has counted on in some more lines than there are now."""
        for _ in range(times):
            before = self.shared()
            wait_for("the counter to count", lambda: self.shared() > before)

    def finish(self):
        """Lets it end. Its last line has the verdict of all threads."""
        pathlib.Path(f"{self.log}.stop").touch()
        wait_for("the end", lambda: last_line(self.log).startswith("end"))
        assert last_line(self.log) == f"end: {self.threads} threads, bad 0", last_line(self.log)


def counter(trial, program):
    """Restarted, waited for; its exit code is bench's."""
    tree = Counter(trial, program, 8)
    trial.capture(tree.process.pid)
    assert tree.process.wait(PATIENCE) == -signal.SIGKILL
    before = tree.shared()
    waiting = subprocess.Popen([trial.bench, "restart", trial.image, "--strategy", STRATEGY,
                                "--wait"])
    wait_for("the counter to count", lambda: tree.shared() > before + 100)
    tree.finish()
    assert waiting.wait(PATIENCE) == 7


def twice(trial, program):
    """What was restarted can be captured again."""
    tree = Counter(trial, program, 4)
    trial.move(tree.process)
    tree.wait_for_more(3)
    trial.capture(tree.process.pid)
    assert trial.end_of(tree.process.pid) == signal.SIGKILL
    trial.restart()
    tree.wait_for_more(3)
    tree.finish()
    assert os.waitstatus_to_exitcode(trial.end_of(tree.process.pid)) == 7


def leave_running(trial, program):
    """The program does not notice; and its image is whole, but its pid is taken."""
    tree = Counter(trial, program, 4)
    maps = pathlib.Path(f"/proc/{tree.process.pid}/maps")
    before = maps.read_text()
    for _ in range(3):
        assert "goes on" in trial.capture(tree.process.pid, "--leave-running")
        tree.wait_for_more()
    assert maps.read_text() == before, "something is left in its address space"
    trial.run("image", "check", trial.image)
    assert f"pid {tree.process.pid} " in trial.run("restart", trial.image, code=1)
    tree.wait_for_more()
    tree.finish()
    assert tree.process.wait(PATIENCE) == 7


def death(trial, program):
    """bench is killed at any moment of a capture: the tree goes on, whole."""
    tree = Counter(trial, program, 4)
    chance = random.Random(1)
    for _ in range(40):
        capturing = subprocess.Popen([trial.bench, "capture", str(tree.process.pid), "-o",
                                      trial.image, "--leave-running"],
                                     stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(chance.uniform(0, 0.04))
        capturing.kill()
        capturing.wait()
    tree.wait_for_more(3)
    assert not pathlib.Path(trial.image).exists() or trial.run("image", "check", trial.image)
    trial.move(tree.process)
    tree.wait_for_more(3)
    tree.finish()


def threads(trial, program):
    """A thousand: each is stopped once to be frozen, and once to be asked."""
    tree = Counter(trial, program, 1000 // SLOWER)
    said = trial.move(tree.process)
    tasks, stops = (int(number.replace(",", "")) for number in
                    re.search(r": ([\d,]+) tasks .* by ([\d,]+) stops", said).groups())
    assert tasks == 1000 // SLOWER + 1 and stops <= 2 * tasks + 10, said
    tree.wait_for_more(3)
    tree.finish()


# --- kinds of files and timers that few programs have

def kinds(trial, program):
    """Each is as before, after a capture that went on and after a restart."""
    log = trial.work / "kinds.log"
    watched = trial.work / "watched"  # for itself: bench makes files, too
    watched.mkdir()
    process = trial.start([program, str(watched), str(log)])

    def rounds():
        found = re.fullmatch(r"round (\d+) ticks \d+ bad 0", last_line(log))
        return int(found[1]) if found else 0

    def wait_for_more():
        before = rounds()
        wait_for("another round", lambda: rounds() > before + 2)
    wait_for_more()
    trial.capture(process.pid, "--leave-running")
    wait_for_more()
    trial.move(process)
    wait_for_more()
    (watched / "stop").touch()
    assert os.waitstatus_to_exitcode(trial.end_of(process.pid)) == 7, last_line(log)
    assert last_line(log) == "end bad 0", last_line(log)


def ptys(trial, program):
    """As kinds(): pseudo-terminals in every state; bench may die while it captures them."""
    log, stop = trial.work / "ptys.log", trial.work / "stop"
    process = trial.start([program, str(log), str(stop)])

    def rounds():
        found = re.fullmatch(r"round (\d+) bad 0", last_line(log))
        return int(found[1]) if found else 0

    def wait_for_more():
        before = rounds()
        wait_for("another round", lambda: rounds() > before + 2)
    wait_for_more()
    chance = random.Random(1)
    for _ in range(20 // SLOWER):
        capturing = subprocess.Popen([trial.bench, "capture", str(process.pid), "-o",
                                      trial.image, "--leave-running"],
                                     stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(chance.uniform(0, 0.02))
        capturing.kill()
        capturing.wait()
    wait_for_more()
    trial.capture(process.pid, "--leave-running")
    wait_for_more()
    trial.move(process)
    wait_for_more()
    stop.touch()
    assert os.waitstatus_to_exitcode(trial.end_of(process.pid)) == 7, last_line(log)
    assert last_line(log) == "end bad 0", last_line(log)


# --- a shell at a terminal

class Terminal:
    """Types into a shell that script(1) runs at a terminal of its own, and reads what it says."""

    def __init__(self, trial, shell):
        self.typed, self.printed = trial.work / "typed", trial.work / "printed"
        os.mkfifo(self.typed)
        path, = installed("script")
        # Its end of the FIFO is for both, so that nobody else need have it open.
        self.process = trial.start(["/bin/sh", "-c", 'exec "$@" <>typed >printed', "sh", path,
                                    "-q", "-c", shell, "/dev/null"])
        self.seen = 0

    def type(self, text):
        with open(self.typed, "w") as fifo:
            fifo.write(text)

    def wait_for(self, text):
        """Until it has printed something, after what was waited for before."""
        def find():
            all_of_it = self.printed.read_text() if self.printed.exists() else ""
            return all_of_it.find(text, self.seen) + 1
        self.seen = wait_for(f"the terminal to print {text!r}", find) + len(text) - 1


def script(trial):
    """bash with job control: its terminal's name, foreground job and Ctrl-C are as before."""
    terminal = Terminal(trial, "bash --norc -i")
    terminal.type("PS1='> '; stty rows 33 columns 99; tty; echo be''gun\n")
    terminal.wait_for("/dev/pts/")
    terminal.wait_for("begun")
    terminal.type("sleep 1000\n")
    sleep = wait_for("the foreground job", lambda: [
        pid for pid in pathlib.Path("/proc").glob("[0-9]*")
        if (pid / "comm").exists() and (pid / "comm").read_text() == "sleep\n"])[0].name
    stat = lambda: pathlib.Path(f"/proc/{sleep}/stat").read_text().split()
    group, session, tty, foreground = stat()[4:8]
    assert group == sleep == foreground and tty != "0", stat()
    time.sleep(0.2)
    trial.move(terminal.process)
    assert stat()[4:8] == [group, session, tty, foreground], stat()
    terminal.type("\x03")
    wait_for("the end of the job", lambda: not pathlib.Path(f"/proc/{sleep}").exists())
    terminal.type("echo ans''wer\n")
    terminal.wait_for("answer")
    terminal.type("sleep 1000\n")
    time.sleep(0.2)
    terminal.type("\x1a")  # Ctrl-Z
    terminal.wait_for("Stopped")
    terminal.type("kill %1; stty size; tty; exit 5\n")
    terminal.wait_for("33 99")
    terminal.wait_for("/dev/pts/")
    assert trial.end_of(terminal.process.pid) == 0


def image(trial, program):
    """Restarted as an image, every task is right at its first instruction, and runs none."""
    tree = Counter(trial, program, 4)
    trial.capture(tree.process.pid)
    before = last_line(tree.log)
    said = trial.run("--image", trial.image, "--strategy", "userspace,userspace-naive",
                     "--repetitions", "3", "--verify", "all")
    assert "FAILED" not in said and said.count(" all") >= 2, said
    assert last_line(tree.log) == before, "it has run on"


def guest(trial, program):
    """Every strategy restarts it in a virtual machine, as the image says, and never runs it."""
    # QEMU's emulated CPU has no AVX-512, which the C library would use for strings.
    plain = ",".join(f"-AVX512{part}" for part in ("F", "VL", "BW", "CD", "DQ"))
    tree = Counter(trial, program, 4,
                   env=os.environ | {"GLIBC_TUNABLES": f"glibc.cpu.hwcaps={plain}"})
    trial.capture(tree.process.pid)
    results = trial.work / "results.json"
    said = trial.run("--vm", "--vm-one-guest", "--clock", "instructions", "--image", trial.image,
                     "--strategy", "userspace,kernel,optimistic", "--repetitions", "1",
                     "--min-time", "0.000001", "--verify", "all", "--out", str(results), code=None,
                     timeout=200)
    if "skipped: " in said:
        raise Skipped(said)
    cells = json.loads(results.read_text())["cells"]
    assert [cell["strategy"] for cell in cells] == ["userspace", "kernel", "optimistic"], cells
    for cell in cells:
        assert cell["state"] == "timed" and cell["verified"]["timed"] > 0, cell


# --- pipes

def pipeline(trial):
    """A shell and three processes behind each other; what is in the pipes is not lost."""
    lines = 40000 // SLOWER
    script = (f"for ((i = 0; i < {lines}; i++)); do echo line $i; done | "
              "while read -r line; do echo \"$line\"; done | tr a-z A-Z >result; "
              "echo ${PIPESTATUS[*]} >status")
    process = trial.start(["/bin/bash", "-c", script])
    result = trial.work / "result"
    wait_for("the pipeline to work", lambda: result.exists() and result.stat().st_size > 4096)
    trial.move(process)
    status = trial.work / "status"
    wait_for("its end", lambda: status.exists() and status.read_text())
    assert status.read_text() == "0 0 0\n"
    assert result.read_text() == "".join(f"LINE {i}\n" for i in range(lines))
    assert trial.end_of(process.pid) == 0


# --- CPython

PYTHON = """
import os, subprocess, sys, threading, time
child = subprocess.Popen([sys.executable, "-c",
                          "import sys\\nfor line in sys.stdin: print(int(line) ** 2, flush=True)"],
                         stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
lock, done, wrong = threading.Lock(), [0], []
def work(me):
    own = threading.local()
    own.value = me
    n = 0
    while not os.path.exists("stop"):
        n += 1
        with lock:
            child.stdin.write(f"{n + me}\\n"); child.stdin.flush()
            if int(child.stdout.readline()) != (n + me) ** 2 or own.value != me: wrong.append(n)
            done[0] += 1
        time.sleep(0.001)
threads = [threading.Thread(target=work, args=(i,)) for i in range(6)]
for t in threads: t.start()
while any(t.is_alive() for t in threads):
    print(done[0], len(wrong), flush=True); time.sleep(0.02)
child.stdin.close()
print("end", child.wait(), wrong, sum(range(1000)), flush=True)
"""


def python(trial):
    """Threads that all talk to a subprocess through two pipes."""
    path, = installed("python3")
    process = trial.start([path, "-c", PYTHON])
    out = trial.work / "program.out"
    count = lambda: int((re.findall(r"^(\d+) 0$", out.read_text(), re.M) or [0])[-1])
    wait_for("work to be done", lambda: count() > 50)
    trial.move(process)
    before = count()
    wait_for("more work to be done", lambda: count() > before + 50)
    (trial.work / "stop").touch()
    wait_for("the end", lambda: "end" in out.read_text())
    assert last_line(out) == "end 0 [] 499500", last_line(out)
    assert trial.end_of(process.pid) == 0


# --- servers

def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


class Client:
    """A connection to a server of lines."""

    def __init__(self, port):
        def connect():
            try:
                return socket.create_connection(("127.0.0.1", port), PATIENCE)
            except ConnectionRefusedError:
                return None
        self.socket = wait_for(f"port {port}", connect)
        self.lines = self.socket.makefile("rb")

    def ask(self, line):
        self.socket.sendall(line.encode() + b"\r\n")
        return self.lines.readline().decode().rstrip()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.lines.close()
        self.socket.close()


def move_when_quiet(trial, process):
    """A server needs a moment to see that its client has gone."""
    for _ in range(50):
        said = trial.run("capture", str(process.pid), "-o", trial.image, code=None)
        if "connection over the network" not in said:
            break
        time.sleep(0.1)
    assert "ended" in said, said
    assert process.wait(PATIENCE) == -signal.SIGKILL
    trial.reap()
    trial.restart()


def redis(trial):
    """A million keys."""
    path, = installed("redis-server")
    port, keys = free_port(), 1_000_000
    process = trial.start([path, "--port", str(port), "--save", "", "--dir", str(trial.work),
                           "--enable-debug-command", "yes"])
    with Client(port) as client:
        assert client.ask(f"DEBUG POPULATE {keys}") == "+OK"
        assert client.ask("SET mine before") == "+OK"
    move_when_quiet(trial, process)
    with Client(port) as client:
        assert client.ask("DBSIZE") == f":{keys + 1}"
        assert client.ask("GET mine") == "$6" and client.lines.readline() == b"before\r\n"
        assert client.ask("INCR counter") == ":1"
        client.ask("SHUTDOWN NOSAVE")
    assert trial.end_of(process.pid) == 0


def memcached(trial):
    """Four threads, each with an event loop of its own."""
    path, = installed("memcached")
    port = free_port()
    process = trial.start([path, "-u", "root", "-l", "127.0.0.1", "-p", str(port), "-t", "4"])
    with Client(port) as client:
        for i in range(1000):
            assert client.ask(f"set key{i} 0 0 {len(str(i))}\r\n{i}") == "STORED"
    move_when_quiet(trial, process)
    clients = [Client(port) for _ in range(8)]  # of each thread
    for client in clients:
        for i in range(0, 1000, 100):
            assert client.ask(f"get key{i}") == f"VALUE key{i} 0 {len(str(i))}"
            assert client.lines.readline() == b"%d\r\n" % i
            assert client.lines.readline() == b"END\r\n"
    assert clients[0].ask("set more 0 0 1\r\nx") == "STORED"
    os.kill(process.pid, signal.SIGTERM)
    trial.end_of(process.pid)


def nginx(trial):
    """A master with two workers, and socket pairs between them."""
    path, = installed("nginx")
    port = free_port()
    (trial.work / "index.html").write_text("hello\n")
    own = " ".join(f"{what}_temp_path {trial.work}/{what};"
                   for what in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    (trial.work / "nginx.conf").write_text(f"""
daemon off; user root; worker_processes 2; pid {trial.work}/nginx.pid;
error_log {trial.work}/error.log;
events {{ worker_connections 64; }}
http {{ access_log off; {own}
  server {{ listen 127.0.0.1:{port}; root {trial.work}; }} }}
""")
    process = trial.start([path, "-e", str(trial.work / "error.log"),
                           "-c", str(trial.work / "nginx.conf")])

    def get():
        with Client(port) as client:
            answer = client.ask("GET / HTTP/1.0\r\n")
            return answer, client.lines.read()[-6:]
    assert get() == ("HTTP/1.1 200 OK", b"hello\n")
    move_when_quiet(trial, process)
    for _ in range(20):
        assert get() == ("HTTP/1.1 200 OK", b"hello\n")
    os.kill(process.pid, signal.SIGTERM)  # the master ends the workers
    assert trial.end_of(process.pid) == 0


# --- a database and a build

def sqlite(trial):
    """In a transaction, with a lock on the file."""
    path, = installed("sqlite3")
    script = (f"(echo 'BEGIN IMMEDIATE; CREATE TABLE t(n); INSERT INTO t VALUES(1);'; touch begun; "
              "while [ ! -e more ]; do sleep 0.02; done; "
              "echo 'INSERT INTO t VALUES(2); COMMIT; SELECT sum(n) FROM t;') | "
              f"{path} data.db >sum")
    process = trial.start(["/bin/bash", "-c", script])
    wait_for("the transaction", (trial.work / "data.db-journal").exists)
    trial.move(process)
    (trial.work / "more").touch()
    assert trial.end_of(process.pid) == 0
    assert (trial.work / "sum").read_text() == "3\n"


MAKEFILE = """
ALL := $(shell seq COUNT)
all: $(ALL:%=o/%)
\t@cat $^ | sort -n | uniq | wc -l >made
o/%:
\t@mkdir -p o; for i in 1 2 3; do expr $* + 0; done | sort -u >$@
"""


def make(trial):
    """Hundreds of short processes, four at a time."""
    path, = installed("make")
    count = 150 // SLOWER
    (trial.work / "Makefile").write_text(MAKEFILE.replace("COUNT", str(count)))
    process = trial.start([path, "-j4"])
    directory = trial.work / "o"
    wait_for("some targets", lambda: directory.exists()
             and len(list(directory.iterdir())) > count // 4)
    trial.move(process)
    assert trial.end_of(process.pid) == 0
    assert (trial.work / "made").read_text() == f"{count}\n"


# --- what cannot be saved

def refusals(trial):
    """Each is named, with the task and the descriptor; the program goes on."""
    path, = installed("python3")
    master, end = os.openpty()
    wrong = {
        "connection over the network": "import socket; l = socket.create_server(('', 0)); "
                                       "c = socket.create_connection(l.getsockname()[:2])",
        "a kind that an image cannot hold": "import os; f = os.pidfd_open(os.getpid())",
        "but has another one": "f = open('gone', 'w'); import os; os.link('gone', 'other'); "
                               "os.unlink('gone')",
        "has unread events": "import ctypes; c = ctypes.CDLL(None); f = c.inotify_init(); "
                             "c.inotify_add_watch(f, b'.', 0x100); open('created', 'w')",
        "is locked": "import fcntl, os; f = os.memfd_create('m'); fcntl.flock(f, fcntl.LOCK_EX)",
        "controlling terminal is not of the tree": f"import os; f = os.open({os.ttyname(end)!r}, "
                                                   "os.O_RDWR)",
        "is open outside of the tree, too": "import os; ends = os.openpty()\n"
                                            "if os.fork() == 0: os.fork() or time.sleep(1000); "
                                            "os._exit(0)\nos.wait()",
        "gets a signal when its parent dies": "import ctypes; ctypes.CDLL(None).prctl(1, 10)",
        "leads out of the tree": "",
        "another priority": "import os; os.nice(1)",
        "it is stopped by a signal": "import os; os.kill(os.getpid(), 19)",
    }
    for text, code in wrong.items():
        reading = subprocess.PIPE if "out of the tree" in text else subprocess.DEVNULL
        process = trial.start([path, "-c", f"import time\nready = open('ready', 'w')\n"
                                           f"{code}\nready.write('ok'); ready.close()\n"
                                           "while True: time.sleep(0.01)"], stdin=reading)
        if "stopped" in text:
            wait_for("the stop", lambda: "(stopped)" in
                     pathlib.Path(f"/proc/{process.pid}/status").read_text())
        else:
            ready = trial.work / "ready"
            wait_for("the program", lambda: ready.exists() and ready.read_text() == "ok")
            ready.unlink()
        said = trial.capture(process.pid, code=1)
        assert text in said and f"pid {process.pid} " in said, said
        goes_on = "T" if "stopped" in text else "SRD"
        wait_for("it to go on", lambda: pathlib.Path(f"/proc/{process.pid}/stat").read_text()
                 .split()[2] in goes_on)
        process.kill()
        process.wait()
        assert not pathlib.Path(trial.image).exists()
    assert "no process" in trial.run("capture", "4194303", "-o", trial.image, code=2)
