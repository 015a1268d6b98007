/* Makes the accesses: one volatile access of the right width for each word, in order, and no other.

   tests/transports/test_fidelity.py counts them, as the memory sees them. */

#include "_engine.h"
#include <time.h>

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "a record is used as it stands in the bytes: little-endian machines only; elsewhere the engine in Python runs"
#endif

#define ALWAYS_INLINE static inline __attribute__((always_inline))
#define UNLIKELY(condition) __builtin_expect(!!(condition), 0)

/* ---- one access ------------------------------------------------------------------------------------------------ */

#if defined(__x86_64__)
/* Loads and stores to uncached memory reach the bus in program order, and neither passes an access to ordinary memory
   in a way that a device could see; so the compiler alone must be held back. As Linux does in readl and writel.
   A FENCE also drains what a write-combining mapping has gathered, and lets no later load pass an earlier store. */
#define AFTER_LOAD() __asm__ volatile("" ::: "memory")
#define BEFORE_STORE() __asm__ volatile("" ::: "memory")
#define FENCE_ALL() __asm__ volatile("mfence" ::: "memory")
#define DEFINE_ACCESS(BITS, LOAD, STORE)                                                                               \
    ALWAYS_INLINE uint64_t load##BITS(const uint8_t *at)                                                               \
    {                                                                                                                  \
        uint64_t word = *(const volatile uint##BITS##_t *)at;                                                          \
        AFTER_LOAD();                                                                                                  \
        return word;                                                                                                   \
    }                                                                                                                  \
    ALWAYS_INLINE void store##BITS(uint8_t *at, uint64_t word)                                                         \
    {                                                                                                                  \
        BEFORE_STORE();                                                                                                \
        *(volatile uint##BITS##_t *)at = (uint##BITS##_t)word;                                                         \
    }
#elif defined(__aarch64__)
/* Device memory keeps the order of accesses to one device, but not against ordinary memory, where a device has put, or
   will look for, its data: a load is followed by a barrier for what comes after it, a store preceded by one for what
   came before. As Linux does in readl (dmb oshld) and writel (dmb oshst). A FENCE waits until all have arrived.
   The instructions are written out: a load or store that also moves its pointer cannot be emulated by a hypervisor. */
#define AFTER_LOAD() __asm__ volatile("dmb oshld" ::: "memory")
#define BEFORE_STORE() __asm__ volatile("dmb oshst" ::: "memory")
#define FENCE_ALL() __asm__ volatile("dsb sy" ::: "memory")
#define DEFINE_ACCESS(BITS, LOAD, STORE)                                                                               \
    ALWAYS_INLINE uint64_t load##BITS(const uint8_t *at)                                                               \
    {                                                                                                                  \
        uint64_t word;                                                                                                 \
        __asm__ volatile(LOAD ", [%1]" : "=r"(word) : "r"(at) : "memory");                                             \
        AFTER_LOAD();                                                                                                  \
        return word;                                                                                                   \
    }                                                                                                                  \
    ALWAYS_INLINE void store##BITS(uint8_t *at, uint64_t word)                                                         \
    {                                                                                                                  \
        BEFORE_STORE();                                                                                                \
        __asm__ volatile(STORE ", [%1]" : : "r"(word), "r"(at) : "memory");                                            \
    }
#else
#error "the order of accesses is worked out for x86-64 and aarch64 only; elsewhere the engine in Python runs"
#endif

DEFINE_ACCESS(8, "ldrb %w0", "strb %w0")
DEFINE_ACCESS(16, "ldrh %w0", "strh %w0")
DEFINE_ACCESS(32, "ldr %w0", "str %w0")
DEFINE_ACCESS(64, "ldr %x0", "str %x0")

/* `width` is a constant wherever these are used, so that one load or store remains. */
ALWAYS_INLINE uint64_t load(const uint8_t *at, unsigned width)
{
    return width == 1 ? load8(at) : width == 2 ? load16(at) : width == 4 ? load32(at) : load64(at);
}

ALWAYS_INLINE void store(uint8_t *at, uint64_t word, unsigned width)
{
    switch (width) {
    case 1: store8(at, word); break;
    case 2: store16(at, word); break;
    case 4: store32(at, word); break;
    default: store64(at, word);
    }
}

static uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* ---- one operation --------------------------------------------------------------------------------------------- */

/* What does not change while the processor walks a program, and what does. Both are kept in registers: the barriers
   make the compiler forget what it has read from anything whose address is known elsewhere. */
typedef struct {
    uintptr_t origin;         /* where the program's address 0 would be */
    const uint8_t *identity;  /* NULL: none */
    const Record *records;
    uint64_t *stamps;  /* NULL: none */
} Frame;

typedef struct {
    const Record *op;
    const uint64_t *value;  /* what is written next */
    uint64_t *out;
    uint64_t last;      /* the word that was read where it stopped */
    const uint8_t *at;  /* where that is */
} Cursor;

ALWAYS_INLINE uint8_t *place_of(const Frame *frame, const Record *op)
{
    return (uint8_t *)(frame->origin + op->address);
}

ALWAYS_INLINE int stop(Cursor *cursor, int code, const uint8_t *at, uint64_t last)
{
    cursor->at = at;
    cursor->last = last;
    return code;
}

/* Whether the device is gone: a bus without it answers ones, also for the one register that can never hold them. */
static NEVER_INLINE int is_lost(const uint8_t *identity) { return identity && load32(identity) == UINT32_MAX; }

/* Reads one word; 0 or ONES. */
ALWAYS_INLINE int fetch(const Frame *frame, Cursor *cursor, const uint8_t *at, unsigned width, uint64_t *word)
{
    *word = load(at, width);
    if (UNLIKELY(*word == ALL_ONES(width)) && is_lost(frame->identity))
        return stop(cursor, ONES, at, *word);
    return DONE;
}

ALWAYS_INLINE int step_read(const Frame *frame, Cursor *cursor, unsigned width)
{
    uint64_t word;
    int code = fetch(frame, cursor, place_of(frame, cursor->op), width, &word);
    if (code == DONE)
        *cursor->out++ = word;
    return code;
}

ALWAYS_INLINE int step_write(const Frame *frame, Cursor *cursor, unsigned width)
{
    store(place_of(frame, cursor->op), *cursor->value++, width);
    *cursor->out++ = 0;
    return DONE;
}

/* Here `width` is that of the bytes that the strobes enable. */
ALWAYS_INLINE int step_strobed(const Frame *frame, Cursor *cursor, unsigned width)
{
    unsigned offset = (unsigned)__builtin_ctz(cursor->op->strobes);
    store(place_of(frame, cursor->op) + offset, *cursor->value++ >> 8 * offset, width);
    *cursor->out++ = 0;
    return DONE;
}

ALWAYS_INLINE int step_modify(const Frame *frame, Cursor *cursor, unsigned width)
{
    uint64_t word, mask = cursor->op->mask;
    uint8_t *at = place_of(frame, cursor->op);
    int code = fetch(frame, cursor, at, width, &word);
    if (code != DONE)
        return code;
    store(at, (word & ~mask) | (*cursor->value++ & mask), width);  /* masked: another thread may change the values */
    *cursor->out++ = word;
    return DONE;
}

/* `otherwise`: what it means that the bits of the mask are not those of the value. */
ALWAYS_INLINE int step_compare(const Frame *frame, Cursor *cursor, unsigned width, int otherwise)
{
    uint64_t word;
    const uint8_t *at = place_of(frame, cursor->op);
    int code = fetch(frame, cursor, at, width, &word);
    if (code != DONE)
        return code;
    if ((word & cursor->op->mask) != cursor->op->value)
        return stop(cursor, otherwise, at, word);
    *cursor->out++ = word;
    return DONE;
}

ALWAYS_INLINE int step_check(const Frame *frame, Cursor *cursor, unsigned width)
{
    return step_compare(frame, cursor, width, CHECK_FAILED);
}

ALWAYS_INLINE int step_poll(const Frame *frame, Cursor *cursor, unsigned width)
{
    return step_compare(frame, cursor, width, WAIT_POLL);
}

ALWAYS_INLINE int step_read_burst(const Frame *frame, Cursor *cursor, unsigned width)
{
    const uint8_t *at = place_of(frame, cursor->op);
    uint64_t *out = cursor->out, *end = out + cursor->op->count, step = cursor->op->mask;
    for (; out != end; at += step, out++) {
        int code = fetch(frame, cursor, at, width, out);
        if (code != DONE)
            return code;
    }
    cursor->out = out;
    return DONE;
}

ALWAYS_INLINE int step_write_burst(const Frame *frame, Cursor *cursor, unsigned width)
{
    uint8_t *at = place_of(frame, cursor->op);
    const uint64_t *word = cursor->value, *end = word + cursor->op->count;
    for (uint64_t step = cursor->op->mask; word != end; at += step)
        store(at, *word++, width);
    cursor->value = word;
    *cursor->out++ = 0;
    return DONE;
}

ALWAYS_INLINE int step_fence(Cursor *cursor)
{
    FENCE_ALL();
    *cursor->out++ = 0;
    return DONE;
}

ALWAYS_INLINE int step_delay(Cursor *cursor)
{
    if (cursor->op->time_s > 0)
        return WAIT_DELAY;
    *cursor->out++ = 0;
    return DONE;
}

#define ENTRIES(KIND, label)                                                                                           \
    [OPCODE(KIND, 1)] = &&label##_1, [OPCODE(KIND, 2)] = &&label##_2, [OPCODE(KIND, 4)] = &&label##_4,                 \
    [OPCODE(KIND, 8)] = &&label##_8

/* After each operation: stop, stamp, end, or jump on. A jump of its own behind every operation lets the processor
   predict each from the one before; a loop around a switch has one jump for all (a mixed program of
   10,000: 0.93 ns an operation instead of 1.98, on x86-64). */
#define OPERATION(label, step)                                                                                         \
    label:                                                                                                             \
    code = step;                                                                                                       \
    if (UNLIKELY(code != DONE))                                                                                        \
        goto out;                                                                                                      \
    if (UNLIKELY(frame.stamps != NULL))                                                                                \
        frame.stamps[cursor.op - frame.records] = now_ns();                                                            \
    if (++cursor.op == end)                                                                                            \
        goto out;                                                                                                      \
    goto *labels[cursor.op->opcode]

#define OPERATIONS(label, step)                                                                                        \
    OPERATION(label##_1, step(&frame, &cursor, 1));                                                                    \
    OPERATION(label##_2, step(&frame, &cursor, 2));                                                                    \
    OPERATION(label##_4, step(&frame, &cursor, 4));                                                                    \
    OPERATION(label##_8, step(&frame, &cursor, 8))

/* Walks on from the cursor until `end`, or the first operation that does not complete; returns what stopped it. */
static int walk(const Frame *fixed, Cursor *moving, const Record *end)
{
    static const void *const labels[] = {
        ENTRIES(READ, read), ENTRIES(WRITE, write), ENTRIES(STROBED, strobed), ENTRIES(MODIFY, modify),
        ENTRIES(CHECK, check), ENTRIES(POLL, poll), ENTRIES(READ_BURST, read_burst), ENTRIES(WRITE_BURST, write_burst),
        [OPCODE(FENCE, 0)] = &&fence, [OPCODE(DELAY, 0)] = &&delay,
    };
    const Frame frame = *fixed;
    Cursor cursor = *moving;
    int code = DONE;
    if (cursor.op == end)
        return DONE;
    goto *labels[cursor.op->opcode];
    OPERATIONS(read, step_read);
    OPERATIONS(write, step_write);
    OPERATIONS(strobed, step_strobed);
    OPERATIONS(modify, step_modify);
    OPERATIONS(check, step_check);
    OPERATIONS(poll, step_poll);
    OPERATIONS(read_burst, step_read_burst);
    OPERATIONS(write_burst, step_write_burst);
    OPERATION(fence, step_fence(&cursor));
    OPERATION(delay, step_delay(&cursor));
out:
    *moving = cursor;
    return code;
}

/* Counts the operation at `index` as done, one that brings no word. */
static void complete(State *state, uint64_t *words)
{
    if (state->program->records[state->index].kind != READ_BURST)
        words[state->words++] = 0;
    if (state->stamps.obj)
        ((uint64_t *)state->stamps.buf)[state->index] = now_ns();
    state->index++;
}

/* What a closed window can still do: nothing, up to the first access. */
static int walk_closed(State *state, uint64_t *words)
{
    for (; state->index < state->program->operations; complete(state, words)) {
        const Record *op = &state->program->records[state->index];
        if (op->kind == DELAY && op->time_s > 0)
            return WAIT_DELAY;
        if (is_access(op) && op->count) {
            state->address = op->address + state->offset;
            return CLOSED;
        }
    }
    return DONE;
}

/* Walks an open window's memory, and looks again at a poll for `spin_ns` at the most. Needs no GIL. */
static int walk_open(State *state, uint64_t *words, uint64_t spin_ns)
{
    const Program *program = state->program;
    const Window *window = state->window;
    const Record *records = program->records;
    const Frame frame = {
        .origin = (uintptr_t)window->memory + (uintptr_t)(state->offset - window->base),
        .identity = window->identity == NO_IDENTITY ? NULL : window->memory + window->identity,
        .records = records,
        .stamps = state->stamps.obj ? state->stamps.buf : NULL,
    };
    const uint64_t *values = state->values.obj ? state->values.buf : program->constants;
    Cursor cursor = {.op = records + state->index, .value = values + state->value, .out = words + state->words};
    int code = walk(&frame, &cursor, records + program->operations);
    if (code == WAIT_POLL && spin_ns) {
        double timeout_ns = cursor.op->time_s * 1e9;
        uint64_t until_ns = now_ns() + (timeout_ns < (double)spin_ns ? (uint64_t)timeout_ns : spin_ns);
        for (; code == WAIT_POLL && now_ns() < until_ns; state->poll_reads++)
            code = walk(&frame, &cursor, records + program->operations);
    }
    state->index = (uint64_t)(cursor.op - records);
    state->words = (uint64_t)(cursor.out - words);
    state->value = (uint64_t)(cursor.value - values);
    state->last = cursor.last;
    state->address = cursor.at ? window->base + (uint64_t)(cursor.at - window->memory) : 0;
    return code;
}

static int is_long(const State *state, uint64_t spin_ns)
{
    uint64_t access_ns = state->window->access_ns ? state->window->access_ns : 1, time_ns;
    if (__builtin_mul_overflow(state->program->accesses, access_ns, &time_ns))
        return 1;
    return time_ns > HOLD_NS_MAX || spin_ns > HOLD_NS_MAX;
}

void resume(State *state, uint64_t spin_ns)
{
    uint64_t *words = (uint64_t *)PyBytes_AsString(state->result);
    if (state->code == WAIT_DELAY)
        complete(state, words);
    else if (state->code == WAIT_POLL)
        state->poll_reads++;
    if (!state->window->memory) {
        state->code = walk_closed(state, words);
    } else if (is_long(state, spin_ns)) {
        state->window->busy++;
        PyThreadState *thread = PyEval_SaveThread();
        int code = walk_open(state, words, spin_ns);
        PyEval_RestoreThread(thread);
        state->window->busy--;
        state->code = code;
    } else {
        state->code = walk_open(state, words, spin_ns);
    }
}
