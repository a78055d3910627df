"""delay_line.py PORT TARGET SECONDS: passes TCP on, what the client sends so much later.

An answer is not held up: one request costs one delay, as with a server that is that round trip away, and
any number of requests wait side by side.
"""

import asyncio
import sys

PIECE = 1 << 18


async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, delay: float) -> None:
    """Each piece leaves `delay` after its arrival, in order; then the end of the stream."""
    loop = asyncio.get_running_loop()
    queue: asyncio.Queue = asyncio.Queue()

    async def send() -> None:
        while True:
            due, piece = await queue.get()
            if due > loop.time():
                await asyncio.sleep(due - loop.time())
            if not piece:
                return
            writer.write(piece)
            await writer.drain()

    sender = asyncio.create_task(send())
    try:
        while piece := await reader.read(PIECE):
            queue.put_nowait((loop.time() + delay, piece))
    except ConnectionError:
        pass
    queue.put_nowait((0, b""))
    try:
        await sender
        writer.close()
    except ConnectionError:
        pass


async def pass_back(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while piece := await reader.read(PIECE):
            writer.write(piece)
            await writer.drain()
    except ConnectionError:
        pass
    writer.close()


async def main(port: int, target: int, delay: float) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        from_target, to_target = await asyncio.open_connection("127.0.0.1", target)
        await asyncio.gather(pass_on(reader, to_target, delay), pass_back(from_target, writer))

    server = await asyncio.start_server(serve, "127.0.0.1", port, backlog=1024)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])))
