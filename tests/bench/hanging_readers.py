"""hanging_readers.py FOLDER PREFIX COUNT: looks COUNT names up at once, each on a thread of its own."""

import os
import sys
import threading


def look_up(path: str) -> None:
    try:
        os.stat(path)
    except OSError:
        pass  # such as of a name that turns out not to be


def main(folder: str, prefix: str, count: int) -> None:
    threading.stack_size(1 << 18)
    threads = [threading.Thread(target=look_up, args=(f"{folder}/{prefix}-{i:06}",)) for i in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
