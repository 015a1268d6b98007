/* Programs: checks packed ones, and makes them of operations. The format is described in transports/program.py. */

#include "_engine.h"
#include <math.h>
#include <stdio.h>

PyTypeObject *ProgramType;

/* ---- a record, and all of them --------------------------------------------------------------------------------- */

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

/* Counts the words on that a burst reads. */
static int check_read(const Record *op, size_t at, uint64_t *read)
{
    *read += op->count;
    LAW(*read <= BURST_WORDS_MAX, 4, op->count, "at most 2**20 words read in bursts, of all of a program");
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
    uint64_t used = 0, read = 0;
    for (size_t at = 0; at < count; at++) {
        const Record *op = &records[at];
        if (check_record(op, at) || (op->kind == READ_BURST && check_read(op, at, &read)) ||
            (op->kind == WRITE_BURST && check_data(op, at, data, words, &used)))
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

/* Lists what the program writes, and which bits each word may have. Returns -1 with an exception. */
static int list_constants(Program *program, const uint64_t *data)
{
    size_t used = 0, room = (program->values ? program->values : 1) * sizeof(uint64_t);
    program->constants = PyMem_Malloc(room);
    program->limits = PyMem_Malloc(room);
    if (!program->constants || !program->limits) {
        PyErr_NoMemory();
        return -1;
    }
    for (const Record *op = program->records; op < program->records + program->operations; op++)
        for (uint32_t word = 0; is_store(op) && word < op->count; word++, used++) {
            program->constants[used] = op->kind == WRITE_BURST ? data[op->value + word] : op->value;
            program->limits[used] = op->kind == MODIFY ? op->mask : ALL_ONES(op->width);
        }
    return 0;
}

/* Makes a Program of `count` records and of data words, which it takes over whatever comes of it. */
static PyObject *adopt(PyTypeObject *type, Record *records, size_t count, uint64_t *data, uint64_t words)
{
    allocfunc allocate = (allocfunc)PyType_GetSlot(type, Py_tp_alloc);
    Program *program = check(records, count, data, words) ? NULL : (Program *)allocate(type, 0);
    if (program) {
        program->records = records;
        program->operations = count;
        for (Record *op = records; op < records + count; op++)
            count_in(program, op);
        if (list_constants(program, data))
            Py_CLEAR(program);
    } else {
        PyMem_Free(records);
    }
    PyMem_Free(data);
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

static void Program_dealloc(Program *self)
{
    PyMem_Free(self->records);
    PyMem_Free(self->constants);
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

/* What `register_types` has told of one kind: its class and, of each slot of it, what reads it. Reading a slot by its
   descriptor spares looking up its name: 57 ns an operation instead of 247. */
typedef struct {
    PyObject *type;
    PyObject *slots[ATTRIBUTES];
    descrgetfunc getters[ATTRIBUTES];
} Class;
static Class known[KINDS + 1];

static void forget(Class *class)
{
    Py_XDECREF(class->type);
    for (unsigned name = 0; name < ATTRIBUTES; name++)
        Py_XDECREF(class->slots[name]);
}

/* Fills in a class that is all zero. Returns -1 with an exception when it lacks a slot. */
static int learn(Class *class, unsigned kind, PyObject *type)
{
    class->type = Py_NewRef(type);
    for (unsigned name = 0; name < ATTRIBUTES; name++) {
        if (!(ATTRIBUTES_OF[kind] & HAS(name)))
            continue;
        PyObject *slot = class->slots[name] = PyObject_GetAttrString(type, ATTRIBUTE_NAMES[name]);
        if (!slot)
            return -1;
        class->getters[name] = (descrgetfunc)PyType_GetSlot(Py_TYPE(slot), Py_tp_descr_get);
        if (!class->getters[name]) {
            PyErr_Format(PyExc_TypeError, "%R.%s is no slot", type, ATTRIBUTE_NAMES[name]);
            return -1;
        }
    }
    return 0;
}

PyObject *register_types(PyObject *module, PyObject *classes)
{
    (void)module;
    Class told[KINDS + 1] = {0};
    int bad = !PyTuple_Check(classes) || PyTuple_Size(classes) != KINDS;
    if (bad)
        PyErr_Format(PyExc_TypeError, "expected a tuple of %d classes, in the order of the kinds", KINDS);
    for (unsigned kind = READ; kind <= KINDS && !bad; kind++)
        bad = learn(&told[kind], kind, PyTuple_GetItem(classes, kind - 1));
    for (unsigned kind = READ; kind <= KINDS; kind++) {
        forget(bad ? &told[kind] : &known[kind]);
        if (!bad)
            known[kind] = told[kind];
    }
    return bad ? NULL : Py_NewRef(Py_None);
}

static PyObject *attribute(PyObject *op, unsigned kind, unsigned name)
{
    return known[kind].getters[name](known[kind].slots[name], op, known[kind].type);
}

/* A number that must fit `limit`; takes over `number`, which may be NULL with an exception. */
int to_word(PyObject *number, uint64_t limit, uint64_t *word)
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
        if ((PyObject *)Py_TYPE(op) == known[kind].type)
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
    size_t words = 0, records_size = program->operations * sizeof(Record);
    for (const Record *op = program->records; op < program->records + program->operations; op++)
        words += op->kind == WRITE_BURST ? op->count : 0;
    uint32_t counts[2] = {(uint32_t)program->operations, (uint32_t)words};
    PyObject *packed = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)(HEADER_SIZE + records_size + words * 8));
    if (!packed)
        return NULL;
    char *to = PyBytes_AsString(packed), *data = to + HEADER_SIZE + records_size;
    const uint64_t *constant = program->constants;
    memcpy(to, "FLP1", 4);
    memcpy(to + 4, counts, sizeof counts);
    to += HEADER_SIZE;
    for (const Record *op = program->records; to < PyBytes_AsString(packed) + HEADER_SIZE + records_size; op++) {
        Record record = *op;
        record.opcode = 0;
        memcpy(to, &record, sizeof record);
        to += sizeof record;
        size_t written = is_store(op) ? op->count : 0;
        if (op->kind == WRITE_BURST) {
            memcpy(data, constant, written * sizeof *constant);
            data += written * sizeof *constant;
        }
        constant += written;
    }
    return packed;
}

PyObject *pack(PyObject *module, PyObject *operations)
{
    (void)module;
    PyObject *program = Program_of(ProgramType, operations);
    PyObject *packed = program ? packed_of((Program *)program) : NULL;
    Py_XDECREF(program);
    return packed;
}

/* ---- what Python sees ------------------------------------------------------------------------------------------ */

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
    {NULL, NULL, 0, NULL},
};

static PyType_Slot program_slots[] = {
    {Py_tp_new, Program_new}, {Py_tp_dealloc, Program_dealloc}, {Py_tp_members, program_members},
    {Py_tp_methods, program_methods}, {0, NULL},
};

PyType_Spec program_spec = {"transports._engine.Program", sizeof(Program), 0, FINAL, program_slots};
