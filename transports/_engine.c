/* transports._engine: runs a packed program over a mapped window.

   What Python sees is described in transports/_engine.pyi. The twin in Python, transports/engine.py, gives the same
   results; tests/transports/test_engine_native.py holds the two together.

   Built for the limited API: one library serves every CPython from 3.11 on. An interpreter without a GIL cannot load
   it: the GIL is what guards the fields of a Window and a Run. */

#include "_engine.h"
#include <stdio.h>

static PyTypeObject *WindowType, *RunType;

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
    return !wrapped && place <= size && extent <= size - place;
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

/* Takes a word, as `to_word`; one that is no word is a ValueError that names it. */
static int take_word(PyObject *number, const char *name, uint64_t *word)
{
    if (!to_word(Py_NewRef(number), UINT64_MAX, word))
        return 0;
    if (PyErr_ExceptionMatches(PyExc_OverflowError)) {
        PyErr_Clear();
        PyErr_Format(PyExc_ValueError, "%s %R: expected 0 to 2**64 - 1", name, number);
    }
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
        return take_word(number, "offset", &state->offset);
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
        if (take_word(identity, "identity", &address))
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
    if (take_word(base, "base", &self->base))
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

/* ---- what Python sees: Run ------------------------------------------------------------------------------------- */

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

/* ---- the module ------------------------------------------------------------------------------------------------ */

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
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot window_slots[] = {
    {Py_tp_new, Window_new}, {Py_tp_dealloc, Window_dealloc}, {Py_tp_methods, window_methods},
    {Py_tp_getset, window_getters}, {0, NULL},
};

static PyType_Slot run_slots[] = {
    {Py_tp_dealloc, Run_dealloc}, {Py_tp_members, run_members}, {Py_tp_methods, run_methods},
    {Py_tp_getset, run_getters}, {0, NULL},
};

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
