/* The limit: a program walked by the plainest C that does the work, one call from Python for each program.

   It knows words of 32 bits, trusts its program, checks nothing, and returns one word for each operation, as bytes. What
   makes a bus engine of this (widths, bounds, strobes, deadlines, evidence of what failed) costs extra. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>

enum { READ, WRITE, MODIFY, CHECK, POLL };

typedef struct {
    uint32_t kind, offset, mask, value;
} Op;

typedef struct {
    Py_buffer memory;
    size_t count;
    Op *ops;
} Program;

/* Return how many operations were done: all, or up to the check or poll that failed.

   A jump of its own behind each operation lets the processor predict each from the one before; with a loop around a
   switch a program of mixed operations takes a third longer. */
#define NEXT()                                                                                                         \
    do {                                                                                                               \
        *words++ = word;                                                                                               \
        if (++op == end)                                                                                               \
            return (size_t)(op - first);                                                                               \
        place = (volatile uint32_t *)(base + op->offset);                                                              \
        goto *labels[op->kind];                                                                                        \
    } while (0)

static size_t walk_ops(char *base, const Op *op, size_t count, uint32_t *words)
{
    static const void *const labels[] = {&&read, &&write, &&modify, &&check, &&poll};
    const Op *first = op, *end = op + count;
    volatile uint32_t *place;
    uint32_t word;
    int looks;

    if (op == end)
        return 0;
    place = (volatile uint32_t *)(base + op->offset);
    goto *labels[op->kind];
read:
    word = *place;
    NEXT();
write:
    *place = op->value;
    word = 0;
    NEXT();
modify:
    word = *place;
    *place = (word & ~op->mask) | op->value;
    NEXT();
check:
    word = *place;
    if ((word & op->mask) != op->value)
        return (size_t)(op - first);
    NEXT();
poll:
    looks = 1000;
    while (((word = *place) & op->mask) != op->value)
        if (--looks == 0)
            return (size_t)(op - first);
    NEXT();
}

static void let_go(PyObject *capsule)
{
    Program *program = PyCapsule_GetPointer(capsule, NULL);
    PyBuffer_Release(&program->memory);
    free(program->ops);
    free(program);
}

static PyObject *prepare(PyObject *module, PyObject *arguments)
{
    Py_buffer ops;
    Program *program = calloc(1, sizeof *program);
    (void)module;
    if (!program)
        return PyErr_NoMemory();
    if (!PyArg_ParseTuple(arguments, "y*w*", &ops, &program->memory)) {
        free(program);
        return NULL;
    }
    program->count = (size_t)ops.len / sizeof(Op);
    program->ops = malloc((size_t)ops.len + 1);
    if (!program->ops)
        abort();
    memcpy(program->ops, ops.buf, program->count * sizeof(Op));
    PyBuffer_Release(&ops);
    return PyCapsule_New(program, NULL, let_go);
}

static PyObject *walk(PyObject *module, PyObject *capsule)
{
    Program *program = PyCapsule_GetPointer(capsule, NULL);
    PyObject *words = program ? PyBytes_FromStringAndSize(NULL, (Py_ssize_t)(program->count * sizeof(uint32_t))) : NULL;
    (void)module;
    if (!words)
        return NULL;
    size_t done = walk_ops(program->memory.buf, program->ops, program->count, (uint32_t *)PyBytes_AS_STRING(words));
    if (done < program->count)
        _PyBytes_Resize(&words, (Py_ssize_t)(done * sizeof(uint32_t)));
    return words;
}

static PyMethodDef methods[] = {
    {"prepare", prepare, METH_VARARGS, "Return a program from packed operations and the memory it is for."},
    {"walk", walk, METH_O, "Run a program; return the words of the operations that were done."},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {.m_base = PyModuleDef_HEAD_INIT, .m_name = "firstlight_walk", .m_methods = methods};

PyMODINIT_FUNC PyInit_firstlight_walk(void)
{
    return PyModule_Create(&definition);
}
