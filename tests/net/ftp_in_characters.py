"""An FTP server as no standard forbids it: every character of a reply in a segment of its own, and
data connections from whatever port.

    ftp_in_characters.py ADDRESS PORT FOLDER     prints "ready"
"""

import re
import socket
import sys
import threading
from pathlib import Path


class Session:
    def __init__(self, connection, address, folder):
        self.connection, self.address, self.folder = connection, address, folder
        self.listener, self.target = None, None

    def say(self, text):
        for character in text + "\r\n":
            self.connection.sendall(character.encode())

    def pasv(self, _):
        self.listener = socket.create_server((self.address, 0))
        port = self.listener.getsockname()[1]
        numbers = self.address.replace(".", ",")
        self.say(f"227 At 3 you may call ({numbers},{port >> 8},{port & 255})")

    def port(self, argument):
        numbers = [int(number) for number in argument.split(",")]
        self.target = (".".join(map(str, numbers[:4])), numbers[4] << 8 | numbers[5])
        self.say("200 Noted")

    def open_data(self):
        if self.listener:
            with self.listener as listener:
                self.listener = None
                return listener.accept()[0]
        return socket.create_connection(self.target, source_address=(self.address, 0))

    def retr(self, path):
        self.say("150 Coming")
        with self.open_data() as data:
            data.sendall((self.folder / path.lstrip("/")).read_bytes())
        self.say("226 Done")

    def serve(self):
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.say("220 Slowly")
        with self.connection.makefile("r", newline="\r\n") as lines:
            for line in lines:
                verb, _, argument = line.strip().partition(" ")
                handler = {"PASV": self.pasv, "PORT": self.port, "RETR": self.retr}.get(verb)
                if handler:
                    handler(argument)
                elif verb == "QUIT":
                    return self.say("221 Bye")
                elif re.match("USER|PASS|TYPE|CWD", verb):
                    self.say("230 Welcome")
                elif verb == "PWD":
                    self.say('257 "/"')
                else:
                    self.say("502 Not here")


def run(session):
    with session.connection:
        session.serve()


def main():
    address, port, folder = sys.argv[1:]
    with socket.create_server((address, int(port))) as listener:
        print("ready", flush=True)
        while True:
            connection, _ = listener.accept()
            session = Session(connection, address, Path(folder))
            threading.Thread(target=run, args=(session,), daemon=True).start()


if __name__ == "__main__":
    main()
