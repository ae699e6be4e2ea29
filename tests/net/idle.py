"""A TCP connection with nothing on it, and what becomes of each end.

    idle.py serve ADDRESS PORT LOG     takes connections; writes how each ended into LOG, a line each
    idle.py wait ADDRESS PORT SECONDS  opens one, exchanges a word with the server, waits; prints the
                                       end: "reset", "closed", or "nothing" after that time
"""

import os
import socket
import sys
import threading


def end_of(connection):
    try:
        return "closed" if connection.recv(1) == b"" else "data"
    except TimeoutError:
        return "nothing"
    except ConnectionResetError:
        return "reset"


def answer(connection, log):
    with connection:
        connection.sendall(b"hello " + connection.recv(100))
        line = end_of(connection) + "\n"
    os.write(log, line.encode())


def serve(address, port, path):
    log = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND)
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.create_server((address, int(port)), family=family) as listener:
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=answer, args=(connection, log), daemon=True).start()


def wait(address, port, seconds):
    with socket.create_connection((address, int(port)), timeout=5) as connection:
        connection.sendall(b"client")
        if connection.recv(100) != b"hello client":
            sys.exit("the server answered something else")
        connection.settimeout(float(seconds))
        print(end_of(connection))


{"serve": serve, "wait": wait}[sys.argv[1]](*sys.argv[2:])
