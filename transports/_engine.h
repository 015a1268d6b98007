/* What the parts of the engine share: programs, windows, and runs under way.

   _program.c checks programs and makes them of operations, _walk.c makes the accesses, _engine.c is what Python sees.
   Times are nanoseconds of CLOCK_MONOTONIC, addresses and sizes bytes. */

#ifndef FIRSTLIGHT_ENGINE_H
#define FIRSTLIGHT_ENGINE_H

#define Py_LIMITED_API 0x030B0000
#define PY_SSIZE_T_CLEAN
#define _POSIX_C_SOURCE 200809L
#include <Python.h>
#include <stdint.h>
#include <string.h>
#include <structmember.h>

#define NEVER_INLINE __attribute__((noinline, cold))
#define ALL_ONES(width) (UINT64_MAX >> (64 - 8 * (width)))

/* ---- programs -------------------------------------------------------------------------------------------------- */

enum { FORMAT = 1, HEADER_SIZE = 12, BURST_WORDS_MAX = 1 << 20 };  /* the last: see transports/bounds.py */
enum { READ = 1, WRITE, MODIFY, CHECK, POLL, DELAY, FENCE, READ_BURST, WRITE_BURST, KINDS = WRITE_BURST, STROBED };
enum { DONE, WAIT_POLL, WAIT_DELAY, FAILED,  /* what `step` returns */
       CHECK_FAILED, OUTSIDE, UNALIGNED, BAD_WIDTH, READ_ONLY, BAD_STROBES, CLOSED, ONES,  /* why it FAILED */
       BEGUN };  /* never seen from outside */

/* A record as it stands in a program; `opcode` is 0 there and set when the record has been checked. */
typedef struct {
    uint8_t kind, width, strobes, opcode;
    uint32_t count;
    uint64_t address, mask, value;
    double time_s;
} Record;
_Static_assert(sizeof(Record) == 40, "the format has no padding");

#define OPCODE(kind, width) ((unsigned)(kind) << 4 | (width))

typedef struct {
    PyObject_HEAD
    Record *records;
    uint64_t *constants;  /* what is written, in order: a word of each WRITE and MODIFY, all words of a WRITE_BURST */
    uint64_t *limits;     /* for each of them the bits that it may have */
    uint64_t operations, reads, writes, accesses, words, values;
    uint64_t low, high;             /* low <= every access < high */
    unsigned align, widths, runs;   /* widest access; all widths that occur; those that strobes make of a write */
    char waits, stores, no_run;     /* has POLL or DELAY; writes at all; some strobes are not one aligned run */
} Program;

extern PyTypeObject *ProgramType;

static inline int is_burst(const Record *op) { return op->kind == READ_BURST || op->kind == WRITE_BURST; }
static inline int is_masked(const Record *op) { return op->kind == MODIFY || op->kind == CHECK || op->kind == POLL; }
static inline int is_access(const Record *op) { return op->kind != DELAY && op->kind != FENCE; }
static inline int is_store(const Record *op)
{
    return op->kind == WRITE || op->kind == MODIFY || op->kind == WRITE_BURST;
}

static inline int is_width(unsigned width) { return width == 1 || width == 2 || width == 4 || width == 8; }
static inline int has_bit(unsigned widths, unsigned width) { return (widths & width) != 0; } /* its own bit */

/* Bytes from its address on that an access reaches; only for a checked record. */
static inline uint64_t extent_of(const Record *op)
{
    return !is_burst(op) ? op->width : op->count ? (op->count - 1) * op->mask + op->width : 0;
}

/* The aligned run of bytes that strobes enable: its offset and width, or width 0 where they are no such run. */
static inline unsigned strobed_run(unsigned strobes, unsigned *offset)
{
    unsigned width = (unsigned)__builtin_popcount(strobes);
    *offset = (unsigned)__builtin_ctz(strobes);
    int whole = strobes == ((1u << width) - 1) << *offset;
    return whole && !(width & (width - 1)) && *offset % width == 0 ? width : 0;
}

/* ---- windows and runs ------------------------------------------------------------------------------------------ */

typedef struct {
    PyObject_HEAD
    Py_buffer buffer;
    uint8_t *memory;  /* NULL when closed */
    uint64_t base, size, access_ns;
    uint64_t identity;  /* its place in the window; NO_IDENTITY: none */
    unsigned widths;
    unsigned busy;  /* runs that are under way in threads that have let go of the GIL */
} Window;

#define NO_IDENTITY UINT64_MAX

/* A program under way. Until it stops it lives on the stack of `Window.run`; then in a Run. */
typedef struct {
    Program *program;
    Window *window;
    PyObject *result;          /* bytes: the result words; NULL where nothing was begun */
    Py_buffer values, stamps;  /* obj is NULL where none were given */
    uint64_t offset;           /* added to the program's addresses, modulo 2**64 */
    uint64_t index, words, value;  /* operation that is next; result words and values that are used up */
    uint64_t last, address;        /* word that was read, and address, where it stopped */
    uint64_t poll_reads;
    int code;
    char backward;  /* the offset is negative */
} State;

typedef struct {
    PyObject_HEAD
    State state;
    char stepping;
} Run;

/* ---- what one part does for another ---------------------------------------------------------------------------- */

/* Ends an instance of one of our types: they are made at run time, so each instance holds its type. */
static inline void free_object(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    ((freefunc)PyType_GetSlot(type, Py_tp_free))(self);
    Py_DECREF(type);
}

/* Tables of what Python sees. */
#define READ_MEMBER(Type, name, kind, place) {name, kind, offsetof(Type, place), READONLY, NULL}
#define END_OF_TABLE {NULL, 0, 0, 0, NULL}
#define FINAL (Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE)

/* _program.c: a number that must fit `limit`. Takes over `number`, which may be NULL with an exception; -1 with one. */
int to_word(PyObject *number, uint64_t limit, uint64_t *word);
PyObject *register_types(PyObject *module, PyObject *classes);
PyObject *pack(PyObject *module, PyObject *operations);
extern PyType_Spec program_spec;

/* _walk.c: goes on from where the state stands, for the first time or after a wait. */
void resume(State *state, uint64_t spin_ns);

/* How long the GIL may be held, in ns. Letting go of it and taking it again costs 21 to 65 ns where nobody else wants
   it (programs of 1 to 10,000 reads, with and without; x86-64, CPython 3.11), and in the median no more beside a thread
   that computes: from 10 us on less than 0.7 %. And 10 us is less than it takes to wake a thread: up to there nobody
   would have run meanwhile anyway. */
#define HOLD_NS_MAX 10000

#endif
