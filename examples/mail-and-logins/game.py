"""A game's traffic without the game: many small datagrams, each answered at once.

    game.py serve NAME PORT
    game.py play SERVER PORT TICKS ADDRESS…   a player at each address; prints who served it

A player says where it is, the server answers with its name and the player's own words.
"""

import socket
import sys


def serve(name, port):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as arena:
        arena.bind(("", int(port)))
        while True:
            position, player = arena.recvfrom(64)
            arena.sendto(name.encode() + b" " + position, player)


def join(server, port, address):
    player = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    player.bind((address, 0))
    player.connect((server, int(port)))
    player.settimeout(5)
    return player


def tick(player, number):
    """Who answered what this player said."""
    position = b"%08d here I am" % number
    player.send(position)
    name, _, echoed = player.recv(128).partition(b" ")
    if echoed != position:
        raise SystemExit(f"said {position}, and the answer is to {echoed}")
    return name.decode()


def play(server, port, ticks, *addresses):
    players = [join(server, port, address) for address in addresses]
    arenas = [set() for _ in players]
    for number in range(int(ticks)):
        for player, arena in zip(players, arenas):
            arena.add(tick(player, number))
    for address, arena in zip(addresses, arenas):
        print(address, *sorted(arena))


if __name__ == "__main__":
    {"serve": serve, "play": play}[sys.argv[1]](*sys.argv[2:])
