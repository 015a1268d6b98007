/* transports._engine: runs a packed program over a mapped window; one volatile access of the right width for each word.

   The format of programs is described in transports/program.py, what Python sees in transports/_engine.pyi. The twin in
   Python, transports/engine.py, gives the same results; tests/transports/test_engine_native.py holds the two together.

   Times are nanoseconds of CLOCK_MONOTONIC, addresses and sizes bytes. Built for the limited API: one library serves
   every CPython from 3.11 on. An interpreter without a GIL cannot load it: the GIL is what guards a Window's fields. */

#define Py_LIMITED_API 0x030B0000
#define PY_SSIZE_T_CLEAN
#define _POSIX_C_SOURCE 200809L
#include <Python.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <structmember.h>
#include <time.h>

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "a record is used as it stands in the bytes: little-endian machines only; elsewhere the engine in Python runs"
#endif

#define ALWAYS_INLINE static inline __attribute__((always_inline))
#define NEVER_INLINE __attribute__((noinline, cold))
#define UNLIKELY(condition) __builtin_expect(!!(condition), 0)
#define ALL_ONES(width) (UINT64_MAX >> (64 - 8 * (width)))

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

/* ---- programs -------------------------------------------------------------------------------------------------- */

enum { FORMAT = 1, HEADER_SIZE = 12 };
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
    uint64_t *data;    /* the data words */
    uint64_t *limits;  /* for each value that may be replaced, the bits that it may have */
    uint64_t operations, reads, writes, accesses, words, values;
    uint64_t low, high;             /* low <= every access < high */
    unsigned align, widths, runs;   /* widest access; all widths that occur; those that strobes make of a write */
    char waits, stores, no_run;     /* has POLL or DELAY; writes at all; some strobes are not one aligned run */
} Program;

static PyTypeObject *ProgramType, *WindowType, *RunType;

static int is_burst(const Record *op) { return op->kind == READ_BURST || op->kind == WRITE_BURST; }
static int is_masked(const Record *op) { return op->kind == MODIFY || op->kind == CHECK || op->kind == POLL; }
static int is_access(const Record *op) { return op->kind != DELAY && op->kind != FENCE; }
static int is_store(const Record *op) { return op->kind == WRITE || op->kind == MODIFY || op->kind == WRITE_BURST; }
static int is_width(unsigned width) { return width == 1 || width == 2 || width == 4 || width == 8; }
static int has_bit(unsigned widths, unsigned width) { return (widths & width) != 0; /* a width is its own bit */ }

/* Bytes from its address on that an access reaches; only for a checked record. */
static uint64_t extent_of(const Record *op)
{
    return !is_burst(op) ? op->width : op->count ? (op->count - 1) * op->mask + op->width : 0;
}

/* The aligned run of bytes that strobes enable: its offset and width, or width 0 where they are no such run. */
static unsigned strobed_run(unsigned strobes, unsigned *offset)
{
    unsigned width = (unsigned)__builtin_popcount(strobes);
    *offset = (unsigned)__builtin_ctz(strobes);
    int whole = strobes == ((1u << width) - 1) << *offset;
    return whole && !(width & (width - 1)) && *offset % width == 0 ? width : 0;
}

/* Whether the access ends below 2**64. */
static int ends(const Record *op)
{
    uint64_t reach = op->width, end;
    if (is_burst(op) && !op->count)
        return 1;
    if (is_burst(op) && (__builtin_mul_overflow((uint64_t)op->count - 1, op->mask, &reach) ||
                         __builtin_add_overflow(reach, op->width, &reach)))
        return 0;
    return !__builtin_add_overflow(op->address, reach, &end);
}

/* Sets ValueError for the field that stands `place` bytes into the record. Returns -1. */
static NEVER_INLINE int complain(size_t record, unsigned place, uint64_t number, const char *expected)
{
    static const char *const fields[] = {
        [0] = "kind", [1] = "width", [2] = "strobes", [3] = "zero", [4] = "count", [8] = "address", [16] = "mask",
        [24] = "value", [32] = "time",
    };
    char text[24];
    snprintf(text, sizeof text, "0x%llx", (unsigned long long)number);
    PyErr_Format(PyExc_ValueError, "record %zu, byte %zu: %s is %s; expected %s", record,
                 HEADER_SIZE + record * sizeof(Record) + place, fields[place], text, expected);
    return -1;
}

#define LAW(holds, place, number, expected)                                                                            \
    if (!(holds))                                                                                                      \
    return complain(at, place, number, expected)

/* All of a record but its data words; the same laws in the same order as in transports/program.py. */
static int check_record(const Record *op, size_t at)
{
    uint64_t time_bits;
    memcpy(&time_bits, &op->time_s, sizeof time_bits);
    int access = is_access(op), burst = is_burst(op), timed = op->kind == POLL || op->kind == DELAY;
    LAW(op->kind >= READ && op->kind <= KINDS, 0, op->kind, "1 to 9");
    LAW(access ? is_width(op->width) : !op->width, 1, op->width, "1, 2, 4 or 8, of a delay or fence 0");
    uint64_t all = access ? ALL_ONES(op->width) : 0;
    uint64_t within = is_masked(op) ? op->mask : op->kind == WRITE ? all : 0;
    LAW(!op->strobes || (op->kind == WRITE && !(op->strobes >> op->width)), 2, op->strobes,
        "a bit for each byte of a write, else 0");
    LAW(!op->opcode, 3, op->opcode, "0");
    LAW(burst || op->count == 1, 4, op->count, "1 of what is no burst");
    LAW(access ? op->address % op->width == 0 : !op->address, 8, op->address, "a multiple of the width");
    LAW(ends(op), 8, op->address, "an access that ends below 2**64");
    LAW(burst ? op->mask % op->width == 0 : !(op->mask & ~(is_masked(op) ? all : 0)), 16, op->mask,
        "a mask within the width, of a burst a stride that is a multiple of it, else 0");
    LAW(op->kind == WRITE_BURST || !(op->value & ~within), 24, op->value, "bits within mask and width, else 0");
    LAW(timed ? op->time_s >= 0 && isfinite(op->time_s) : !time_bits, 32, time_bits,
        "a finite time, 0 or more, of a poll or delay, else 0");
    return 0;
}

/* The data words of a burst: the next ones, all there, each of the burst's width. Counts `used` on. */
static int check_data(const Record *op, size_t at, const uint64_t *data, uint64_t words, uint64_t *used)
{
    LAW(op->value == *used, 24, op->value, "the first data word that no burst before it has");
    LAW(op->count <= words - *used, 4, op->count, "at most as many data words as are left");
    for (uint64_t end = *used + op->count; *used < end; ++*used)
        LAW(data[*used] <= ALL_ONES(op->width), 4, data[*used], "data words within the width");
    return 0;
}

/* Whether the records and data words are a program; else sets ValueError and returns -1. */
static int check(const Record *records, size_t count, const uint64_t *data, uint64_t words)
{
    uint64_t used = 0;
    for (size_t at = 0; at < count; at++) {
        const Record *op = &records[at];
        if (check_record(op, at) || (op->kind == WRITE_BURST && check_data(op, at, data, words, &used)))
            return -1;
    }
    if (used == words)
        return 0;
    PyErr_Format(PyExc_ValueError, "byte 8: %zu data words; expected %zu", (size_t)words, (size_t)used);
    return -1;
}

/* Adds one checked record to the program's sums, and gives it its opcode. */
static void count_in(Program *program, Record *op)
{
    uint64_t reads = op->kind == READ_BURST ? op->count : is_access(op) && op->kind != WRITE && op->kind != WRITE_BURST;
    uint64_t writes = op->kind == WRITE_BURST ? op->count : (uint64_t)is_store(op);
    unsigned offset, run = op->strobes ? strobed_run(op->strobes, &offset) : 0;
    op->opcode = (uint8_t)(run ? OPCODE(STROBED, run) : OPCODE(op->kind, op->width));
    program->reads += reads;
    program->writes += writes;
    program->accesses += reads + writes;
    program->words += op->kind == READ_BURST ? op->count : 1;
    program->values += is_store(op) ? writes : 0;
    program->waits |= op->kind == POLL || op->kind == DELAY;
    program->stores |= is_store(op) != 0;
    program->no_run |= op->strobes && !run;
    program->runs |= run;
    if (is_access(op)) {
        uint64_t end = op->address + extent_of(op);
        program->low = program->widths && program->low < op->address ? program->low : op->address;
        program->high = program->widths && program->high > end ? program->high : end;
        program->align = program->align > op->width ? program->align : op->width;
        program->widths |= op->width;
    }
}

/* Notes which bits each replaceable value may have. Returns -1 with an exception when there is no memory. */
static int note_limits(Program *program)
{
    size_t used = 0;
    program->limits = PyMem_Calloc(program->values ? program->values : 1, sizeof(uint64_t));
    if (!program->limits) {
        PyErr_NoMemory();
        return -1;
    }
    for (const Record *op = program->records; op < program->records + program->operations; op++)
        for (uint32_t word = 0; is_store(op) && word < op->count; word++)
            program->limits[used++] = op->kind == MODIFY ? op->mask : ALL_ONES(op->width);
    return 0;
}

/* Makes a Program of records and data words, which it then owns; they are freed when they are none. */
static PyObject *adopt(PyTypeObject *type, Record *records, size_t count, uint64_t *data, uint64_t words)
{
    allocfunc allocate = (allocfunc)PyType_GetSlot(type, Py_tp_alloc);
    Program *program = check(records, count, data, words) ? NULL : (Program *)allocate(type, 0);
    if (!program) {
        PyMem_Free(records);
        PyMem_Free(data);
        return NULL;
    }
    program->records = records;
    program->data = data;
    program->operations = count;
    for (Record *op = records; op < records + count; op++)
        count_in(program, op);
    if (note_limits(program)) {
        Py_DECREF(program);
        return NULL;
    }
    return (PyObject *)program;
}

static void *copied(const void *from, size_t size)
{
    void *copy = PyMem_Malloc(size ? size : 1);
    if (!copy)
        return PyErr_NoMemory();
    return size ? memcpy(copy, from, size) : copy;
}

static PyObject *program_of_bytes(PyTypeObject *type, const char *packed, size_t size)
{
    uint32_t counts[2];
    if (size < HEADER_SIZE || memcmp(packed, "FLP1", 4))
        return PyErr_Format(PyExc_ValueError, "byte 0: no header; expected b'FLP1' and two counts");
    memcpy(counts, packed + 4, sizeof counts);
    uint64_t expected = HEADER_SIZE + counts[0] * (uint64_t)sizeof(Record) + counts[1] * UINT64_C(8);
    if (size != expected)
        return PyErr_Format(PyExc_ValueError, "byte 4: %zu bytes; expected %zu by the counts", size, (size_t)expected);
    size_t records_size = counts[0] * sizeof(Record);
    Record *records = copied(packed + HEADER_SIZE, records_size);
    uint64_t *data = records ? copied(packed + HEADER_SIZE + records_size, counts[1] * sizeof(uint64_t)) : NULL;
    if (!data) {
        PyMem_Free(records);
        return NULL;
    }
    return adopt(type, records, counts[0], data, counts[1]);
}

static PyObject *Program_new(PyTypeObject *type, PyObject *arguments, PyObject *keywords)
{
    static char *names[] = {"packed", NULL};
    Py_buffer packed;
    if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "y*:Program", names, &packed))
        return NULL;
    PyObject *program = program_of_bytes(type, packed.buf, (size_t)packed.len);
    PyBuffer_Release(&packed);
    return program;
}

/* Ends an instance of one of our types: they are made at run time, so each instance holds its type. */
static void free_object(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    ((freefunc)PyType_GetSlot(type, Py_tp_free))(self);
    Py_DECREF(type);
}

static void Program_dealloc(Program *self)
{
    PyMem_Free(self->records);
    PyMem_Free(self->data);
    PyMem_Free(self->limits);
    free_object((PyObject *)self);
}

/* ---- from operations to records -------------------------------------------------------------------------------- */

enum { ADDRESS, WIDTH, VALUE, STROBES, MASK, TIMEOUT_S, COUNT, STRIDE, VALUES, SECONDS, ATTRIBUTES };
static const char *const ATTRIBUTE_NAMES[ATTRIBUTES] = {
    "address", "width", "value", "strobes", "mask", "timeout_s", "count", "stride", "values", "seconds",
};
#define HAS(attribute) (1u << (attribute))
#define PLACE (HAS(ADDRESS) | HAS(WIDTH))
static const unsigned ATTRIBUTES_OF[KINDS + 1] = {
    [READ] = PLACE,
    [WRITE] = PLACE | HAS(VALUE) | HAS(STROBES),
    [MODIFY] = PLACE | HAS(MASK) | HAS(VALUE),
    [CHECK] = PLACE | HAS(MASK) | HAS(VALUE),
    [POLL] = PLACE | HAS(MASK) | HAS(VALUE) | HAS(TIMEOUT_S),
    [DELAY] = HAS(SECONDS),
    [READ_BURST] = PLACE | HAS(COUNT) | HAS(STRIDE),
    [WRITE_BURST] = PLACE | HAS(VALUES) | HAS(STRIDE),
};

/* What `register_types` has told: the class of each kind and, of each slot of it, what reads it. Reading a slot by its
   descriptor spares the look-up of its name (measured: 95 ns an operation instead of 160). */
static PyObject *types[KINDS + 1];
static PyObject *slots[KINDS + 1][ATTRIBUTES];
static descrgetfunc getters[KINDS + 1][ATTRIBUTES];

static PyObject *register_types(PyObject *module, PyObject *classes)
{
    (void)module;
    if (!PyTuple_Check(classes) || PyTuple_Size(classes) != KINDS)
        return PyErr_Format(PyExc_TypeError, "expected a tuple of %d classes, in the order of the kinds", KINDS);
    for (unsigned kind = READ; kind <= KINDS; kind++) {
        PyObject *type = PyTuple_GetItem(classes, kind - 1);
        for (unsigned name = 0; name < ATTRIBUTES; name++) {
            if (!(ATTRIBUTES_OF[kind] & HAS(name)))
                continue;
            PyObject *slot = PyObject_GetAttrString(type, ATTRIBUTE_NAMES[name]);
            if (!slot)
                return NULL;
            Py_XDECREF(slots[kind][name]);
            slots[kind][name] = slot;
            getters[kind][name] = (descrgetfunc)PyType_GetSlot(Py_TYPE(slot), Py_tp_descr_get);
            if (!getters[kind][name])
                return PyErr_Format(PyExc_TypeError, "%R.%s is no slot", type, ATTRIBUTE_NAMES[name]);
        }
        Py_XDECREF(types[kind]);
        types[kind] = Py_NewRef(type);
    }
    Py_RETURN_NONE;
}

static PyObject *attribute(PyObject *op, unsigned kind, unsigned name)
{
    return getters[kind][name](slots[kind][name], op, (PyObject *)Py_TYPE(op));
}

/* A number that must fit `limit`; steals `number`, which may be NULL with an exception. */
static int to_word(PyObject *number, uint64_t limit, uint64_t *word)
{
    PyObject *index = number ? PyNumber_Index(number) : NULL;
    Py_XDECREF(number);
    if (!index)
        return -1;
    *word = PyLong_AsUnsignedLongLong(index);
    Py_DECREF(index);
    if (*word == UINT64_MAX && PyErr_Occurred())
        return -1;
    if (*word <= limit)
        return 0;
    PyErr_SetString(PyExc_OverflowError, "a number has more bits than its field");
    return -1;
}

/* As `to_word`, of an attribute; `none` stands for None. */
static int field(PyObject *op, unsigned kind, unsigned name, uint64_t limit, uint64_t none, uint64_t *word)
{
    PyObject *number = attribute(op, kind, name);
    if (number == Py_None) {
        Py_DECREF(number);
        *word = none;
        return 0;
    }
    return to_word(number, limit, word);
}

typedef struct {
    uint64_t *words;
    size_t count, room;
} Data;

static int append_data(Data *data, PyObject *values)
{
    Py_ssize_t count = PyTuple_Size(values);
    if (count < 0)
        return -1;
    if (data->count + (size_t)count > data->room) {
        size_t room = 2 * data->room + (size_t)count;
        uint64_t *words = PyMem_Realloc(data->words, room * sizeof(uint64_t));
        if (!words) {
            PyErr_NoMemory();
            return -1;
        }
        data->words = words;
        data->room = room;
    }
    for (Py_ssize_t at = 0; at < count; at++)
        if (to_word(Py_NewRef(PyTuple_GetItem(values, at)), UINT64_MAX, &data->words[data->count++]))
            return -1;
    return 0;
}

static int encode_time(PyObject *seconds, double *time_s)
{
    *time_s = seconds ? PyFloat_AsDouble(seconds) : -1;
    Py_XDECREF(seconds);
    return *time_s == -1 && PyErr_Occurred() ? -1 : 0;
}

static int encode_burst(PyObject *op, unsigned kind, Record *record, Data *data)
{
    uint64_t count = 0;
    if (field(op, kind, STRIDE, UINT64_MAX, record->width, &record->mask))
        return -1;
    if (kind == READ_BURST) {
        if (field(op, kind, COUNT, UINT32_MAX, 0, &count))
            return -1;
    } else {
        PyObject *values = attribute(op, kind, VALUES);
        record->value = data->count;
        int bad = !values || append_data(data, values);
        Py_XDECREF(values);
        count = data->count - record->value;
        if (bad || to_word(PyLong_FromSize_t(data->count), UINT32_MAX, &(uint64_t){0}))
            return -1;
    }
    record->count = (uint32_t)count;
    return 0;
}

static int encode(PyObject *op, unsigned kind, Record *record, Data *data)
{
    uint64_t width = 0, strobes = 0;
    unsigned has = ATTRIBUTES_OF[kind];
    *record = (Record){.kind = (uint8_t)kind, .count = 1};
    if (has & PLACE) {
        if (field(op, kind, ADDRESS, UINT64_MAX, 0, &record->address) || field(op, kind, WIDTH, 8, 0, &width))
            return -1;
        record->width = (uint8_t)width;
    }
    if (has & HAS(STROBES)) {
        if (field(op, kind, STROBES, UINT8_MAX, 0, &strobes))
            return -1;
        record->strobes = (uint8_t)strobes;
    }
    if (has & HAS(STRIDE))
        return encode_burst(op, kind, record, data);
    if (has & HAS(MASK) && field(op, kind, MASK, UINT64_MAX, 0, &record->mask))
        return -1;
    if (has & HAS(VALUE) && field(op, kind, VALUE, UINT64_MAX, 0, &record->value))
        return -1;
    if (has & (HAS(TIMEOUT_S) | HAS(SECONDS)))
        return encode_time(attribute(op, kind, has & HAS(SECONDS) ? SECONDS : TIMEOUT_S), &record->time_s);
    return 0;
}

static unsigned kind_of(PyObject *op)
{
    for (unsigned kind = READ; kind <= KINDS; kind++)
        if ((PyObject *)Py_TYPE(op) == types[kind])
            return kind;
    return 0;
}

/* Turns what went wrong with one operation into a ValueError that names it. */
static void explain_misfit(Py_ssize_t at, PyObject *op)
{
    if (PyErr_ExceptionMatches(PyExc_OverflowError)) {
        PyErr_Clear();
        PyErr_Format(PyExc_ValueError, "operation %zd, %R, does not fit a program", at, op);
    }
}

/* Makes a Program of a tuple of operations. */
static PyObject *Program_of(PyTypeObject *type, PyObject *operations)
{
    if (!PyTuple_Check(operations))
        return PyErr_Format(PyExc_TypeError, "expected a tuple of operations, not %R", (PyObject *)Py_TYPE(operations));
    Py_ssize_t count = PyTuple_Size(operations);
    Record *records = PyMem_Malloc((count ? (size_t)count : 1) * sizeof(Record));
    Data data = {PyMem_Malloc(sizeof(uint64_t)), 0, 1};
    int bad = !records || !data.words;
    if (bad)
        PyErr_NoMemory();
    for (Py_ssize_t at = 0; at < count && !bad; at++) {
        PyObject *op = PyTuple_GetItem(operations, at);
        unsigned kind = kind_of(op);
        bad = !kind || encode(op, kind, &records[at], &data);
        if (!kind)
            PyErr_Format(PyExc_TypeError, "operation %zd is %R, which is none that register_types has named", at, op);
        else if (bad)
            explain_misfit(at, op);
    }
    if (!bad)
        return adopt(type, records, (size_t)count, data.words, data.count);
    PyMem_Free(records);
    PyMem_Free(data.words);
    return NULL;
}

static PyObject *packed_of(const Program *program)
{
    size_t data_count = 0, records_size = program->operations * sizeof(Record);
    for (uint64_t at = 0; at < program->operations; at++)
        data_count += program->records[at].kind == WRITE_BURST ? program->records[at].count : 0;
    PyObject *packed =
        PyBytes_FromStringAndSize(NULL, (Py_ssize_t)(HEADER_SIZE + records_size + data_count * sizeof(uint64_t)));
    if (!packed)
        return NULL;
    char *to = PyBytes_AsString(packed);
    uint32_t counts[2] = {(uint32_t)program->operations, (uint32_t)data_count};
    memcpy(to, "FLP1", 4);
    memcpy(to + 4, counts, sizeof counts);
    to += HEADER_SIZE;
    for (uint64_t at = 0; at < program->operations; at++, to += sizeof(Record)) {
        Record record = program->records[at];
        record.opcode = 0;
        memcpy(to, &record, sizeof record);
    }
    memcpy(to, program->data, data_count * sizeof(uint64_t));
    return packed;
}

static PyObject *pack(PyObject *module, PyObject *operations)
{
    (void)module;
    PyObject *program = Program_of(ProgramType, operations);
    PyObject *packed = program ? packed_of((Program *)program) : NULL;
    Py_XDECREF(program);
    return packed;
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

/* What does not change while the processor walks a program, and what does. Both are kept in registers: the barriers
   make the compiler forget what it has read from anything whose address is known elsewhere. */
typedef struct {
    uintptr_t origin;         /* where the program's address 0 would be */
    const uint8_t *identity;  /* NULL: none */
    const Record *records;
    const uint64_t *data, *values;  /* values: NULL where the program's own are written */
    uint64_t *stamps;               /* NULL: none */
} Frame;

typedef struct {
    const Record *op;
    uint64_t *out;
    uint64_t value, last;
    const uint8_t *at;  /* where it stopped */
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

ALWAYS_INLINE uint64_t next_value(const Frame *frame, Cursor *cursor)
{
    return frame->values ? frame->values[cursor->value++] : cursor->op->value;
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
    store(place_of(frame, cursor->op), next_value(frame, cursor), width);
    *cursor->out++ = 0;
    return DONE;
}

/* Here `width` is that of the bytes that the strobes enable. */
ALWAYS_INLINE int step_strobed(const Frame *frame, Cursor *cursor, unsigned width)
{
    unsigned offset = (unsigned)__builtin_ctz(cursor->op->strobes);
    store(place_of(frame, cursor->op) + offset, next_value(frame, cursor) >> 8 * offset, width);
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
    store(at, (word & ~mask) | (next_value(frame, cursor) & mask), width);
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
    const uint64_t *word = frame->values ? frame->values + cursor->value : frame->data + cursor->op->value;
    const uint64_t *end = word + cursor->op->count;
    for (uint64_t step = cursor->op->mask; word != end; at += step)
        store(at, *word++, width);
    cursor->value += cursor->op->count;
    *cursor->out++ = 0;
    return DONE;
}

#define CASES(KIND, step)                                                                                              \
    case OPCODE(KIND, 1): code = step(&frame, &cursor, 1); break;                                                      \
    case OPCODE(KIND, 2): code = step(&frame, &cursor, 2); break;                                                      \
    case OPCODE(KIND, 4): code = step(&frame, &cursor, 4); break;                                                      \
    case OPCODE(KIND, 8): code = step(&frame, &cursor, 8); break

/* Walks on from the cursor until `end`, or the first operation that does not complete; returns what stopped it. */
static int walk(const Frame *fixed, Cursor *moving, const Record *end)
{
    const Frame frame = *fixed;
    Cursor cursor = *moving;
    int code = DONE;
    for (; cursor.op != end; cursor.op++) {
        switch (cursor.op->opcode) {
            CASES(READ, step_read);
            CASES(WRITE, step_write);
            CASES(STROBED, step_strobed);
            CASES(MODIFY, step_modify);
            CASES(CHECK, step_check);
            CASES(POLL, step_poll);
            CASES(READ_BURST, step_read_burst);
            CASES(WRITE_BURST, step_write_burst);
        case OPCODE(FENCE, 0):
            FENCE_ALL();
            *cursor.out++ = 0;
            break;
        default: /* OPCODE(DELAY, 0) */
            code = cursor.op->time_s > 0 ? WAIT_DELAY : DONE;
            if (code == DONE)
                *cursor.out++ = 0;
        }
        if (code != DONE)
            break;
        if (frame.stamps)
            frame.stamps[cursor.op - frame.records] = now_ns();
    }
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
        .data = program->data,
        .values = state->values.obj ? state->values.buf : NULL,
        .stamps = state->stamps.obj ? state->stamps.buf : NULL,
    };
    Cursor cursor = {.op = records + state->index, .out = words + state->words, .value = state->value};
    int code = walk(&frame, &cursor, records + program->operations);
    if (code == WAIT_POLL && spin_ns) {
        double timeout_ns = cursor.op->time_s * 1e9;
        uint64_t until_ns = now_ns() + (timeout_ns < (double)spin_ns ? (uint64_t)timeout_ns : spin_ns);
        for (; code == WAIT_POLL && now_ns() < until_ns; state->poll_reads++)
            code = walk(&frame, &cursor, records + program->operations);
    }
    state->index = (uint64_t)(cursor.op - records);
    state->words = (uint64_t)(cursor.out - words);
    state->value = cursor.value;
    state->last = cursor.last;
    state->address = cursor.at ? window->base + (uint64_t)(cursor.at - window->memory) : 0;
    return code;
}

/* How long the GIL may be held, in ns. LIMIT_FIGURES */
#define HOLD_NS_MAX 10000

static int is_long(const State *state, uint64_t spin_ns)
{
    uint64_t access_ns = state->window->access_ns ? state->window->access_ns : 1, time_ns;
    if (__builtin_mul_overflow(state->program->accesses, access_ns, &time_ns))
        return 1;
    return time_ns > HOLD_NS_MAX || spin_ns > HOLD_NS_MAX;
}

/* Goes on from where the state stands. */
static void resume(State *state, uint64_t spin_ns)
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

/* ---- before the first access ----------------------------------------------------------------------------------- */

static int refuse(State *state, const Record *op, int code)
{
    state->index = (uint64_t)(op - state->program->records);
    state->address = op->address + state->offset;
    return code;
}

/* Whether `extent` bytes from an address of the program on are, moved by the offset, in the window. */
static int is_inside(const State *state, uint64_t address, uint64_t extent)
{
    uint64_t moved = address + state->offset, size = state->window->size, place = moved - state->window->base;
    int wrapped = state->backward ? moved > address : moved < address;
    return !wrapped && moved >= state->window->base && place <= size && extent <= size - place;
}

/* Why this operation may not be tried; DONE when it may. */
static int judge(const State *state, const Record *op)
{
    const Window *window = state->window;
    unsigned offset, run = op->strobes ? strobed_run(op->strobes, &offset) : op->width;
    if (!is_inside(state, op->address, extent_of(op)))
        return OUTSIDE;
    if (!has_bit(window->widths, op->width))
        return BAD_WIDTH;
    if (is_store(op) && window->buffer.readonly)
        return READ_ONLY;
    return has_bit(window->widths, run) ? DONE : BAD_STROBES;
}

/* Whether the whole program may run here, without looking at its operations. */
static int fits(const State *state)
{
    const Program *program = state->program;
    const Window *window = state->window;
    return is_inside(state, program->low, program->high - program->low) && state->offset % program->align == 0 &&
           !((program->widths | program->runs) & ~window->widths) && !(program->stores && window->buffer.readonly) &&
           !program->no_run;
}

/* Finds the first operation that may not be tried: misaligned ones first, as an address is made before it is judged. */
static int find_refused(State *state)
{
    const Record *records = state->program->records, *end = records + state->program->operations;
    for (const Record *op = records; op < end; op++)
        if (is_access(op) && (op->address + state->offset) % op->width)
            return refuse(state, op, UNALIGNED);
    for (const Record *op = records; op < end; op++) {
        int code = is_access(op) ? judge(state, op) : DONE;
        if (code != DONE)
            return refuse(state, op, code);
    }
    return DONE;
}

static int refused(State *state) { return !state->program->widths || fits(state) ? DONE : find_refused(state); }

/* Takes an optional buffer of `count` words of 8 bytes. Returns -1 with an exception when it is something else. */
static int take_words(PyObject *given, const char *name, uint64_t count, int flags, Py_buffer *buffer)
{
    if (!given || given == Py_None)
        return 0;
    if (PyObject_GetBuffer(given, buffer, flags))
        return -1;
    int aligned = (uintptr_t)buffer->buf % sizeof(uint64_t) == 0 || !count;
    if ((uint64_t)buffer->len == count * sizeof(uint64_t) && aligned)
        return 0;
    PyErr_Format(PyExc_ValueError, "%s: %zd bytes; expected %zu words of 8 bytes, aligned", name, buffer->len,
                 (size_t)count);
    return -1;
}

/* Whether each value has only bits that it may have; else sets ValueError. */
static int check_values(const State *state)
{
    const uint64_t *values = state->values.buf, *limits = state->program->limits;
    uint64_t bad = 0, count = state->values.obj ? state->program->values : 0, at = 0;
    for (uint64_t each = 0; each < count; each++)
        bad |= values[each] & ~limits[each];
    if (!bad)
        return 0;
    while (!(values[at] & ~limits[at]))
        at++;
    char text[128];
    snprintf(text, sizeof text, "value %llu is 0x%llx; expected no bits outside 0x%llx", (unsigned long long)at,
             (unsigned long long)values[at], (unsigned long long)limits[at]);
    PyErr_SetString(PyExc_ValueError, text);
    return -1;
}

/* Takes an offset from -2**63 to 2**64 - 1. Returns -1 with an exception. */
static int take_offset(PyObject *number, State *state)
{
    long long low = PyLong_AsLongLong(number);
    if (low == -1 && PyErr_Occurred()) {
        if (!PyErr_ExceptionMatches(PyExc_OverflowError))
            return -1;
        PyErr_Clear();
        return to_word(Py_NewRef(number), UINT64_MAX, &state->offset);
    }
    state->offset = (uint64_t)low;
    state->backward = low < 0;
    return 0;
}

/* ---- what Python sees: Window ---------------------------------------------------------------------------------- */

static int describe_window(Window *self, PyObject *identity)
{
    uint64_t start = (uintptr_t)self->buffer.buf, end;
    if (!self->size || self->size % 8 || self->base % 8 || start % 8 || (self->widths & ~15u) ||
        __builtin_add_overflow(self->base, self->size - 1, &end)) {
        PyErr_Format(PyExc_ValueError, "window of %zu bytes, in memory at %p: size, base and place must be multiples "
                     "of 8, widths within 15, the end at most 2**64", (size_t)self->size, self->buffer.buf);
        return -1;
    }
    self->identity = NO_IDENTITY;
    if (identity != Py_None) {
        uint64_t address;
        if (to_word(Py_NewRef(identity), UINT64_MAX, &address))
            return -1;
        self->identity = address - self->base;
        if (address % 4 || self->identity > self->size - 4) {
            PyErr_Format(PyExc_ValueError, "identity %R: expected a multiple of 4 inside the window", identity);
            return -1;
        }
    }
    self->memory = self->buffer.buf;
    return 0;
}

static PyObject *Window_new(PyTypeObject *type, PyObject *arguments, PyObject *keywords)
{
    static char *names[] = {"memory", "base", "access_ns", "identity", "widths", NULL};
    PyObject *memory, *base, *identity = Py_None;
    unsigned long long access_ns = 0;
    unsigned widths = 15;
    if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "OO|$KOI:Window", names, &memory, &base, &access_ns,
                                     &identity, &widths))
        return NULL;
    Window *self = (Window *)((allocfunc)PyType_GetSlot(type, Py_tp_alloc))(type, 0);
    if (!self)
        return NULL;
    self->access_ns = access_ns;
    self->widths = widths;
    if (to_word(Py_NewRef(base), UINT64_MAX, &self->base))
        goto failed;
    if (PyObject_GetBuffer(memory, &self->buffer, PyBUF_WRITABLE)) {
        PyErr_Clear();
        if (PyObject_GetBuffer(memory, &self->buffer, PyBUF_SIMPLE))
            goto failed;
    }
    self->size = (uint64_t)self->buffer.len;
    if (!describe_window(self, identity))
        return (PyObject *)self;
failed:
    Py_DECREF(self);
    return NULL;
}

static void Window_dealloc(Window *self)
{
    PyBuffer_Release(&self->buffer);
    free_object((PyObject *)self);
}

static PyObject *Window_close(Window *self, PyObject *unused)
{
    (void)unused;
    if (self->busy) {
        PyErr_SetString(PyExc_BufferError, "a program runs in this window, in another thread; close it after that");
        return NULL;
    }
    self->memory = NULL;
    PyBuffer_Release(&self->buffer);  /* does nothing the second time */
    Py_RETURN_NONE;
}

static PyObject *Window_closed(Window *self, void *unused)
{
    (void)unused;
    return PyBool_FromLong(!self->memory);
}

static void release(State *state)
{
    PyBuffer_Release(&state->values);
    PyBuffer_Release(&state->stamps);
    Py_XDECREF(state->result);
    Py_XDECREF((PyObject *)state->program);
    Py_XDECREF((PyObject *)state->window);
}

/* Checks all that can be checked, and runs up to the first stop. Returns -1 with an exception. */
static int begin(State *state, PyObject *const *arguments, Py_ssize_t count)
{
    const Program *program = state->program;
    if (count > 1 && take_offset(arguments[1], state))
        return -1;
    if (take_words(count > 2 ? arguments[2] : NULL, "values", program->values, PyBUF_SIMPLE, &state->values) ||
        take_words(count > 3 ? arguments[3] : NULL, "stamps", program->operations, PyBUF_WRITABLE, &state->stamps) ||
        check_values(state))
        return -1;
    state->code = refused(state);
    if (state->code != DONE)
        return 0;
    if (program->words > PY_SSIZE_T_MAX / sizeof(uint64_t)) {
        PyErr_NoMemory();
        return -1;
    }
    state->result = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)(program->words * sizeof(uint64_t)));
    if (!state->result)
        return -1;
    state->code = BEGUN;
    resume(state, 0);
    return 0;
}

static PyObject *Window_run(Window *self, PyObject *const *arguments, Py_ssize_t count)
{
    if (count < 1 || count > 4 || !PyObject_TypeCheck(arguments[0], ProgramType))
        return PyErr_Format(PyExc_TypeError, "run(program, offset=0, values=None, stamps=None), all by position");
    State state = {.program = (Program *)Py_NewRef(arguments[0]), .window = (Window *)Py_NewRef((PyObject *)self)};
    PyObject *done = NULL;
    if (!begin(&state, arguments, count)) {
        if (state.code == DONE) {
            done = Py_NewRef(state.result);
        } else {
            Run *run = (Run *)((allocfunc)PyType_GetSlot(RunType, Py_tp_alloc))(RunType, 0);
            if (run) {
                run->state = state;
                return (PyObject *)run;
            }
        }
    }
    release(&state);
    return done;
}

/* ---- what Python sees: results and Run ------------------------------------------------------------------------- */

static PyObject *tuple_of(const uint64_t *words, uint64_t count)
{
    PyObject *tuple = PyTuple_New((Py_ssize_t)count);
    for (uint64_t at = 0; tuple && at < count; at++) {
        PyObject *word = PyLong_FromUnsignedLongLong(words[at]);
        if (!word || PyTuple_SetItem(tuple, (Py_ssize_t)at, word))
            Py_CLEAR(tuple);
    }
    return tuple;
}

/* The results of the first `count` operations, as a batch has them: a word, a tuple of words, or None. */
static PyObject *values_of(const Program *program, const uint64_t *words, uint64_t count)
{
    PyObject *tuple = PyTuple_New((Py_ssize_t)count);
    for (uint64_t at = 0; tuple && at < count; at++) {
        const Record *op = &program->records[at];
        PyObject *value;
        if (op->kind == READ_BURST)
            value = tuple_of(words, op->count);
        else if (op->kind == READ || is_masked(op))
            value = PyLong_FromUnsignedLongLong(*words);
        else
            value = Py_NewRef(Py_None);
        words += op->kind == READ_BURST ? op->count : 1;
        if (!value || PyTuple_SetItem(tuple, (Py_ssize_t)at, value))
            Py_CLEAR(tuple);
    }
    return tuple;
}

static PyObject *Program_results(Program *self, PyObject *words)
{
    Py_buffer buffer = {0};
    if (take_words(words, "words", self->words, PyBUF_SIMPLE, &buffer)) {
        PyBuffer_Release(&buffer);
        return NULL;
    }
    PyObject *values = buffer.obj ? values_of(self, buffer.buf, self->operations) : NULL;
    if (!buffer.obj)
        PyErr_SetString(PyExc_TypeError, "expected the bytes that run returned");
    PyBuffer_Release(&buffer);
    return values;
}

static void Run_dealloc(Run *self)
{
    release(&self->state);
    free_object((PyObject *)self);
}

static PyObject *Run_step(Run *self, PyObject *const *arguments, Py_ssize_t count)
{
    uint64_t spin_ns = 0;
    int code = self->state.code;
    if (count > 1)
        return PyErr_Format(PyExc_TypeError, "step(spin_ns=0), by position");
    if (count == 1 && to_word(Py_NewRef(arguments[0]), INT64_MAX, &spin_ns))
        return NULL;
    if (self->stepping)
        return PyErr_Format(PyExc_RuntimeError, "another thread is going on with this run");
    if (code == WAIT_POLL || code == WAIT_DELAY) {
        self->stepping = 1;
        resume(&self->state, spin_ns);
        self->stepping = 0;
        code = self->state.code;
    }
    return PyLong_FromLong(code < FAILED ? code : FAILED);
}

static PyObject *Run_words(Run *self, void *unused)
{
    (void)unused;
    const char *words = self->state.result ? PyBytes_AsString(self->state.result) : NULL;
    return PyBytes_FromStringAndSize(words, (Py_ssize_t)(self->state.words * sizeof(uint64_t)));
}

static PyObject *Run_results(Run *self, void *unused)
{
    (void)unused;
    if (!self->state.result)
        return PyTuple_New(0);
    return values_of(self->state.program, (uint64_t *)PyBytes_AsString(self->state.result), self->state.index);
}

/* ---- the module ------------------------------------------------------------------------------------------------ */

#define READ_MEMBER(Type, name, kind, place) {name, kind, offsetof(Type, place), READONLY, NULL}
#define END_OF_TABLE {NULL, 0, 0, 0, NULL}

static PyMemberDef program_members[] = {
    READ_MEMBER(Program, "operations", T_ULONGLONG, operations),
    READ_MEMBER(Program, "reads", T_ULONGLONG, reads),
    READ_MEMBER(Program, "writes", T_ULONGLONG, writes),
    READ_MEMBER(Program, "accesses", T_ULONGLONG, accesses),
    READ_MEMBER(Program, "words", T_ULONGLONG, words),
    READ_MEMBER(Program, "values", T_ULONGLONG, values),
    READ_MEMBER(Program, "low", T_ULONGLONG, low),
    READ_MEMBER(Program, "high", T_ULONGLONG, high),
    READ_MEMBER(Program, "align", T_UINT, align),
    READ_MEMBER(Program, "waits", T_BOOL, waits),
    END_OF_TABLE,
};

static PyMethodDef program_methods[] = {
    {"of", (PyCFunction)Program_of, METH_O | METH_CLASS, "Return the program of a tuple of operations."},
    {"results", (PyCFunction)Program_results, METH_O, "Return the results that the words of a whole run stand for."},
    {NULL, NULL, 0, NULL},
};

static PyMethodDef window_methods[] = {
    {"run", (PyCFunction)(void (*)(void))Window_run, METH_FASTCALL, "Run a program: bytes, or the Run that stopped."},
    {"close", (PyCFunction)Window_close, METH_NOARGS, "Let go of the memory."},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef window_getters[] = {
    {"closed", (getter)Window_closed, NULL, "Whether close was called.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyMemberDef run_members[] = {
    READ_MEMBER(Run, "index", T_ULONGLONG, state.index),
    READ_MEMBER(Run, "code", T_INT, state.code),
    READ_MEMBER(Run, "last", T_ULONGLONG, state.last),
    READ_MEMBER(Run, "address", T_ULONGLONG, state.address),
    READ_MEMBER(Run, "poll_reads", T_ULONGLONG, state.poll_reads),
    END_OF_TABLE,
};

static PyMethodDef run_methods[] = {
    {"step", (PyCFunction)(void (*)(void))Run_step, METH_FASTCALL, "Go on from where it stopped."},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef run_getters[] = {
    {"words", (getter)Run_words, NULL, "The result words so far.", NULL},
    {"results", (getter)Run_results, NULL, "The results of the operations that completed.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot program_slots[] = {
    {Py_tp_new, Program_new}, {Py_tp_dealloc, Program_dealloc}, {Py_tp_members, program_members},
    {Py_tp_methods, program_methods}, {0, NULL},
};

static PyType_Slot window_slots[] = {
    {Py_tp_new, Window_new}, {Py_tp_dealloc, Window_dealloc}, {Py_tp_methods, window_methods},
    {Py_tp_getset, window_getters}, {0, NULL},
};

static PyType_Slot run_slots[] = {
    {Py_tp_dealloc, Run_dealloc}, {Py_tp_members, run_members}, {Py_tp_methods, run_methods},
    {Py_tp_getset, run_getters}, {0, NULL},
};

#define FINAL (Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE)

static PyType_Spec program_spec = {"transports._engine.Program", sizeof(Program), 0, FINAL, program_slots};
static PyType_Spec window_spec = {"transports._engine.Window", sizeof(Window), 0, FINAL, window_slots};
static PyType_Spec run_spec = {
    "transports._engine.Run", sizeof(Run), 0, FINAL | Py_TPFLAGS_DISALLOW_INSTANTIATION, run_slots,
};

static PyMethodDef module_functions[] = {
    {"register_types", register_types, METH_O, "Say which classes operations are of, in the order of the kinds."},
    {"pack", pack, METH_O, "Return the packed program of a tuple of operations."},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef module_definition = {
    PyModuleDef_HEAD_INIT, "transports._engine", "Runs packed programs over mapped memory.", -1, module_functions,
    NULL, NULL, NULL, NULL,
};

static const struct { const char *name; int value; } CONSTANTS[] = {
    {"FORMAT", FORMAT}, {"DONE", DONE}, {"WAIT_POLL", WAIT_POLL}, {"WAIT_DELAY", WAIT_DELAY}, {"FAILED", FAILED},
    {"CHECK_FAILED", CHECK_FAILED}, {"OUTSIDE", OUTSIDE}, {"UNALIGNED", UNALIGNED}, {"BAD_WIDTH", BAD_WIDTH},
    {"READ_ONLY", READ_ONLY}, {"BAD_STROBES", BAD_STROBES}, {"CLOSED", CLOSED}, {"ONES", ONES},
    {"HOLD_NS_MAX", HOLD_NS_MAX},
};

static int fill(PyObject *module)
{
    ProgramType = (PyTypeObject *)PyType_FromSpec(&program_spec);
    WindowType = (PyTypeObject *)PyType_FromSpec(&window_spec);
    RunType = (PyTypeObject *)PyType_FromSpec(&run_spec);
    if (!ProgramType || !WindowType || !RunType)
        return -1;
    for (size_t at = 0; at < sizeof CONSTANTS / sizeof *CONSTANTS; at++)
        if (PyModule_AddIntConstant(module, CONSTANTS[at].name, CONSTANTS[at].value))
            return -1;
    return PyModule_AddType(module, ProgramType) || PyModule_AddType(module, WindowType) ||
                   PyModule_AddType(module, RunType)
               ? -1
               : 0;
}

PyMODINIT_FUNC PyInit__engine(void)
{
    PyObject *module = PyModule_Create(&module_definition);
    if (module && fill(module))
        Py_CLEAR(module);
    return module;
}
