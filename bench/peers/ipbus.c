/* A device that speaks IPbus 2.0 over UDP on the loopback interface, for uHAL to talk to. Its registers are a file that is
   mapped: `ipbus PATH BYTES`. It prints the port that it listens at, and ends when its standard input does.

   Source: The IPbus protocol, version 2.0 (2013): packet header in 2.1, transactions in 3, status packet in 5. */

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

enum { READ = 0, WRITE = 1, READ_FIFO = 2, WRITE_FIFO = 3, RMW_BITS = 4, RMW_SUM = 5 };
enum { CONTROL = 0, STATUS = 1 };
enum { OK = 0, BAD_HEADER = 1, BAD_ADDRESS = 4, WORDS_MAX = 16384 };

static volatile uint32_t *registers;
static size_t register_count;

static int inside(uint32_t address, uint32_t count)
{
    return address < register_count && count <= register_count - address;
}

/* Answer one transaction; return how many words of the request it took, 0 when it is cut short. */
static size_t transact(const uint32_t *in, size_t left, uint32_t *out, size_t *made)
{
    uint32_t head = in[0], count = head >> 8 & 0xff, type = head >> 4 & 0xf, code = OK;
    size_t taken = type == READ || type == READ_FIFO ? 2 : type == RMW_BITS ? 4 : type == RMW_SUM ? 3 : 2 + count;
    uint32_t address = left > 1 ? in[1] : 0, step = type == READ || type == WRITE;
    uint32_t *word = out + *made + 1;

    if (left < taken)
        return 0;
    if (type > RMW_SUM)
        code = BAD_HEADER;
    else if (!inside(address, step ? count : 1))
        code = BAD_ADDRESS;
    else if (type == READ || type == READ_FIFO)
        for (uint32_t at = 0; at < count; at++)
            *word++ = registers[address + step * at];
    else if (type == WRITE || type == WRITE_FIFO)
        for (uint32_t at = 0; at < count; at++)
            registers[address + step * at] = in[2 + at];
    else {
        uint32_t old = registers[address];
        registers[address] = type == RMW_BITS ? (old & in[2]) | in[3] : old + in[2];
        *word++ = old;
    }
    out[*made] = (head & ~0xfu) | code;
    *made = (size_t)(word - out);
    return taken;
}

static size_t answer(const uint32_t *in, size_t count, uint32_t *out)
{
    size_t made = 1, at = 1, taken;
    if (!count || (in[0] & 0xff0000f0u) != 0x200000f0u)
        return 0;
    out[0] = in[0];
    if ((in[0] & 0xf) == STATUS) {
        memset(out + 1, 0, 15 * sizeof *out);
        out[1] = htonl(1500);        /* bytes of the largest packet */
        out[2] = htonl(16);          /* packets that may be under way */
        out[3] = htonl(0x200001f0u); /* the next packet that is expected */
        return 16;
    }
    if ((in[0] & 0xf) != CONTROL)
        return 0;
    for (; at < count && made < WORDS_MAX - 256; at += taken)
        if (!(taken = transact(in + at, count - at, out, &made)))
            break;
    return made;
}

int main(int argc, char **argv)
{
    static uint32_t in[WORDS_MAX], out[WORDS_MAX];
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)}, peer;
    socklen_t length = sizeof here;
    int file = argc == 3 ? open(argv[1], O_RDWR) : -1, wire = socket(AF_INET, SOCK_DGRAM, 0);
    size_t size = argc == 3 ? strtoul(argv[2], NULL, 0) : 0;

    if (file < 0 || wire < 0 || bind(wire, (struct sockaddr *)&here, sizeof here)
        || getsockname(wire, (struct sockaddr *)&here, &length)) {
        perror("ipbus");
        return 1;
    }
    registers = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (registers == MAP_FAILED) {
        perror("ipbus");
        return 1;
    }
    register_count = size / sizeof *registers;
    printf("%u\n", ntohs(here.sin_port));
    fflush(stdout);
    for (;;) {
        struct pollfd waits[2] = {{.fd = wire, .events = POLLIN}, {.fd = 0, .events = POLLIN}};
        if (poll(waits, 2, -1) < 0 || waits[1].revents)
            return 0;
        length = sizeof peer;
        ssize_t got = recvfrom(wire, in, sizeof in, 0, (struct sockaddr *)&peer, &length);
        size_t made = got > 0 ? answer(in, (size_t)got / sizeof *in, out) : 0;
        if (made)
            sendto(wire, out, made * sizeof *out, 0, (struct sockaddr *)&peer, length);
    }
}
