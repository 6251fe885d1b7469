"""Worker processes that share a database, and a child program."""

import multiprocessing
import pathlib
import sqlite3
import subprocess
import sys

DATABASE = "/work/out/jobs.db"


def square(number):
    """Stores one result; SQLite's locks keep the workers apart."""
    with sqlite3.connect(DATABASE, timeout=30) as database:
        database.execute("INSERT INTO squares VALUES (?, ?)",
                         (number, number * number))
    return number


def main():
    with sqlite3.connect(DATABASE) as database:
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("CREATE TABLE squares (number INTEGER, square INTEGER)")
    with multiprocessing.Pool(4) as pool:
        done = sum(1 for _ in pool.imap_unordered(square, range(100)))
    with sqlite3.connect(DATABASE) as database:
        total, = database.execute("SELECT SUM(square) FROM squares").fetchone()
    pathlib.Path("/work/out/total").write_text(f"{total}\n")
    word = subprocess.run(["/usr/bin/sha256sum", "/work/out/total"],
                          check=True, capture_output=True, text=True).stdout
    print(f"{done} jobs, total {total}, sha256 {word.split()[0][:8]}")


if __name__ == "__main__":
    sys.exit(main())
