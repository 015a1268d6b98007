/* The limit: a program walked by the plainest C that does the work, one call from Python for each program.

   It knows words of 32 bits, trusts its program, checks nothing, and writes the words that it read into memory of its
   own. What makes a bus engine of this (widths, bounds, strobes, deadlines, evidence of what failed) costs extra. */

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
    uint32_t *words;
} Program;

/* Return how many operations were done: all, or up to the check or poll that failed. */
static size_t walk_ops(char *base, const Op *op, size_t count, uint32_t *words)
{
    for (size_t at = 0; at < count; at++, op++) {
        volatile uint32_t *place = (volatile uint32_t *)(base + op->offset);
        uint32_t word = 0;
        switch (op->kind) {
        case READ:
            word = *place;
            break;
        case WRITE:
            *place = op->value;
            break;
        case MODIFY:
            word = *place;
            *place = (word & ~op->mask) | op->value;
            break;
        case CHECK:
            word = *place;
            if ((word & op->mask) != op->value)
                return at;
            break;
        case POLL: {
            int looks = 1000;
            while (((word = *place) & op->mask) != op->value)
                if (--looks == 0)
                    return at;
            break;
        }
        }
        words[at] = word;
    }
    return count;
}

static void let_go(PyObject *capsule)
{
    Program *program = PyCapsule_GetPointer(capsule, NULL);
    PyBuffer_Release(&program->memory);
    free(program->ops);
    free(program->words);
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
    program->words = calloc(program->count + 1, sizeof *program->words);
    if (!program->ops || !program->words)
        abort();
    memcpy(program->ops, ops.buf, program->count * sizeof(Op));
    PyBuffer_Release(&ops);
    return PyCapsule_New(program, NULL, let_go);
}

static PyObject *walk(PyObject *module, PyObject *capsule)
{
    Program *program = PyCapsule_GetPointer(capsule, NULL);
    (void)module;
    if (!program)
        return NULL;
    return PyLong_FromSize_t(walk_ops(program->memory.buf, program->ops, program->count, program->words));
}

static PyObject *words(PyObject *module, PyObject *capsule)
{
    Program *program = PyCapsule_GetPointer(capsule, NULL);
    (void)module;
    if (!program)
        return NULL;
    return PyBytes_FromStringAndSize((char *)program->words, (Py_ssize_t)(program->count * sizeof *program->words));
}

static PyMethodDef methods[] = {
    {"prepare", prepare, METH_VARARGS, "Return a program from packed operations and the memory it is for."},
    {"walk", walk, METH_O, "Run a program; return how many operations were done."},
    {"words", words, METH_O, "Return the words that its operations read."},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {.m_base = PyModuleDef_HEAD_INIT, .m_name = "firstlight_walk", .m_methods = methods};

PyMODINIT_FUNC PyInit_firstlight_walk(void)
{
    return PyModule_Create(&definition);
}
