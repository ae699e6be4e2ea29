"""An FTP client that fetches a file whenever it is told to, over one control connection.

    ftp.py ADDRESS PATH     for each line that it reads, prints the hash of what came

The first time it asks by PASV, then by PORT, and so on in turns.
"""

import ftplib
import hashlib
import sys


class Client(ftplib.FTP):
    # PASV and PORT, whatever the family would suggest; and the address is taken as it is told.
    trust_server_pasv_ipv4_address = True


def main():
    address, path = sys.argv[1:]
    with Client(address, timeout=20) as client:
        client.login()
        passive = True
        for _ in sys.stdin:
            digest = hashlib.sha256()
            client.set_pasv(passive)
            client.retrbinary(f"RETR {path}", digest.update)
            passive = not passive
            print(digest.hexdigest(), flush=True)


if __name__ == "__main__":
    main()
