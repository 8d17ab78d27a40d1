"""Answers each question of DNS at once with "no such name". usage: no_such_name.py ADDRESS"""

import socket
import sys

NO_SUCH_NAME = b"\x81\x83"

listener = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
listener.bind((sys.argv[1], 53))
while True:
    question, sender = listener.recvfrom(512)
    # The question's number, the verdict, one question, no answers, and the question itself.
    listener.sendto(question[:2] + NO_SUCH_NAME + question[4:6] + bytes(6) + question[12:], sender)
