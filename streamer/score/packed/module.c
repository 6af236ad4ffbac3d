/* The short way of an event: a packed row and an event in, the row that the engine in Python would make of them out, byte for byte; or
   None, and then it is the engine's. Nothing is decided here that the engine does not decide alike, and nothing is kept between calls. */
#define Py_LIMITED_API 0x030B0000
#include <Python.h>

#include "row.h"

#define DIGESTS_MAX 16
#define BOUNDS_MAX 256
#define FADING_MAX 512

enum { ONE_NUMBER = 1 };

/* What `programs.py` packs of a model: this, so many bounds (doubles), so many keys of rules that decay. */
typedef struct {
    uint32_t flags, bounds_size, fading_size, unused;
} Model;

/* Under the lock of the interpreter: one call at a time. While `judge` runs, another thread may have it: its events are the engine's. */
static Row row;
static uint8_t row_room[ROW_BYTES_MAX], states_room[ROW_BYTES_MAX];
static bool is_asking;

static bool bytes_of(PyObject *object, Bytes *bytes) {
    char *at;
    Py_ssize_t size;
    if (PyBytes_AsStringAndSize(object, &at, &size) < 0) return false;
    *bytes = (Bytes){(const uint8_t *)at, (size_t)size};
    return true;
}

static bool has_key(const uint8_t *keys, uint32_t size, uint32_t key) {
    for (uint32_t place = 0; place < size; place++) {
        uint32_t one;
        memcpy(&one, keys + place * sizeof one, sizeof one);
        if (one == key) return true;
    }
    return false;
}

/* Whether no bound lies between two whole numbers. */
static bool is_calm(const uint8_t *bounds, uint32_t size, int64_t before, int64_t after) {
    for (uint32_t place = 0; place < size; place++) {
        double bound;
        memcpy(&bound, bounds + place * sizeof bound, sizeof bound);
        if (((double)before >= bound) != ((double)after >= bound)) return false;
    }
    return true;
}

static PyObject *python_number(Number number) {
    return number.is_real ? PyFloat_FromDouble(number.real) : PyLong_FromLongLong(number.whole);
}

static PyObject *python_numbers(const Number *numbers, uint64_t size) {
    PyObject *list = PyTuple_New((Py_ssize_t)size);
    for (uint64_t place = 0; list && place < size; place++) {
        PyObject *number = python_number(numbers[place]);
        if (!number || PyTuple_SetItem(list, (Py_ssize_t)place, number) < 0) Py_CLEAR(list);
    }
    return list;
}

/* Asks `judge` for the total after the change of the sums: 1 with the total, 0 when something is crossed, -1 for an exception. */
static int ask_total(PyObject *judge, const Number *before, Number *total) {
    In in = in_of(row.total);
    Number old = read_number(&in);
    PyObject *was = python_numbers(before, row.sums_size), *is = python_numbers(row.sums, row.sums_size), *known = python_number(old);
    is_asking = true;
    PyObject *found = was && is && known ? PyObject_CallFunctionObjArgs(judge, was, is, known, NULL) : NULL;
    is_asking = false;
    Py_XDECREF(was);
    Py_XDECREF(is);
    Py_XDECREF(known);
    if (!found) return -1;
    int answer = found != Py_None;
    if (PyFloat_Check(found)) *total = real_number(PyFloat_AsDouble(found));
    else if (answer) *total = whole_number(PyLong_AsLongLong(found));
    Py_DECREF(found);
    return PyErr_Occurred() ? -1 : answer;
}

static int count_bite(PyObject *bitten, const char *name) {
    PyObject *key = PyUnicode_FromString(name);
    PyObject *known = key ? PyDict_GetItemWithError(bitten, key) : NULL;
    long count = known ? PyLong_AsLong(known) : 0;
    PyObject *more = PyErr_Occurred() ? NULL : PyLong_FromLong(count + 1);
    int failed = !more || PyDict_SetItem(bitten, key, more) < 0;
    Py_XDECREF(key);
    Py_XDECREF(more);
    return failed ? -1 : 0;
}

enum { MODEL, JUDGE, BITTEN, ROW, PROGRAM, DIGESTS, TOPIC_CODE, OFFSET, ID_DIGEST, EVENT_ID, OCCURRED_AT, NOW_MS, ARGUMENTS };

static PyObject *take(PyObject *module, PyObject *const *given, Py_ssize_t size) {
    (void)module;
    Bytes bytes, model_bytes, program, id_digest, event_id = {NULL, 0}, digests[DIGESTS_MAX];
    if (size != ARGUMENTS) {
        PyErr_SetString(PyExc_TypeError, "take: expected 12 arguments");
        return NULL;
    }
    if (is_asking) Py_RETURN_NONE;
    if (!bytes_of(given[ROW], &bytes) || !bytes_of(given[MODEL], &model_bytes) || !bytes_of(given[PROGRAM], &program) ||
        !bytes_of(given[ID_DIGEST], &id_digest))
        return NULL;
    int64_t topic_code = PyLong_AsLongLong(given[TOPIC_CODE]), offset = PyLong_AsLongLong(given[OFFSET]);
    Event event = {PyLong_AsLongLong(given[OCCURRED_AT]), PyLong_AsLongLong(given[NOW_MS]), {0, 0}, digests, 0};
    if (given[EVENT_ID] != Py_None) {
        Py_ssize_t id_size;
        event_id.at = (const uint8_t *)PyUnicode_AsUTF8AndSize(given[EVENT_ID], &id_size);
        event_id.size = (size_t)id_size;
    }
    Py_ssize_t digests_size = PyList_Size(given[DIGESTS]);
    if (PyErr_Occurred()) return NULL;
    if (digests_size > DIGESTS_MAX || event_id.size > EVENT_ID_BYTES_MAX || id_digest.size != DIGEST_BYTES) Py_RETURN_NONE;
    for (Py_ssize_t place = 0; place < digests_size; place++) {
        PyObject *one = PyList_GetItem(given[DIGESTS], place);
        digests[place] = (Bytes){NULL, 0};
        if (!one || (one != Py_None && !bytes_of(one, &digests[place]))) return NULL;
        if (digests[place].at && digests[place].size != DIGEST_BYTES) Py_RETURN_NONE;
    }
    event.digests_size = (size_t)digests_size;

    Model model;
    if (model_bytes.size < sizeof model) Py_RETURN_NONE;
    memcpy(&model, model_bytes.at, sizeof model);
    if (model.bounds_size > BOUNDS_MAX || model.fading_size > FADING_MAX ||
        model_bytes.size != sizeof model + model.bounds_size * sizeof(double) + model.fading_size * sizeof(uint32_t))
        Py_RETURN_NONE;
    const uint8_t *bounds = model_bytes.at + sizeof model, *fading = bounds + model.bounds_size * sizeof(double);

    if (!read_row(bytes, &row) || !row.born || row.is_erased || !is_newer(&row, topic_code, offset)) Py_RETURN_NONE;
    if (row.ids.size % DIGEST_BYTES || row.ids.size > IDS_BYTES_MAX || find(row.ids, id_digest.at, DIGEST_BYTES, 0) >= 0) Py_RETURN_NONE;
    if (model.fading_size)
        for (uint64_t place = 0; place < row.states_size; place++)
            if (has_key(fading, model.fading_size, row.states[place].key)) Py_RETURN_NONE;

    row.applied++;
    put_big_endian(event.serial, (uint64_t)row.applied & 0xffff, SERIAL_BYTES);
    row.events++;
    if (event.occurred_at > row.last_event_at) row.last_event_at = event.occurred_at;
    row.updated_at = event.now_ms;
    Number before[SCORES_MAX];
    memcpy(before, row.sums, sizeof before);
    Out states = {states_room, states_room, states_room + sizeof states_room, false};
    bool is_evident = false;
    for (size_t at = 0; at + sizeof(Rule) <= program.size; at += sizeof(Rule)) {
        Rule rule;
        memcpy(&rule, program.at + at, sizeof rule);
        if (rule.place >= row.sums_size || rule.digest >= (int64_t)event.digests_size) Py_RETURN_NONE;
        State *state = row.states, *end = row.states + row.states_size;
        while (state < end && state->key != rule.key) state++;
        bool is_new = state == end;
        if (is_new) {
            if (row.states_size == STATES_MAX) Py_RETURN_NONE;
            *state = (State){rule.key, {states.at, 0}};
            row.states_size++;
        }
        In in = in_of(state->bytes);
        const uint8_t *start = states.at;
        Number more;
        int64_t change_ms;
        Outcome outcome = observe(&rule, &event, &in, is_new, &states, &more, &change_ms);
        if (outcome == LEFT) Py_RETURN_NONE;
        state->bytes = (Bytes){start, (size_t)(states.at - start)};
        if (rule.kind == PLAIN || !is_equal(more, whole_number(0))) row.sums[rule.place] = add(row.sums[rule.place], more);
        if (!is_tame(row.sums[rule.place])) Py_RETURN_NONE;
        if (change_ms < row.due_ms) row.due_ms = change_ms;
        is_evident = is_evident || outcome == EVIDENT;
    }

    bool is_changed = false, is_whole = true;
    for (uint64_t place = 0; place < row.sums_size; place++) {
        is_changed = is_changed || !is_equal(before[place], row.sums[place]);
        is_whole = is_whole && !before[place].is_real && !row.sums[place].is_real;
    }
    bool asks = is_changed && !(model.flags & ONE_NUMBER && is_whole);
    if (is_changed && !asks && !is_calm(bounds, model.bounds_size, before[0].whole, row.sums[0].whole)) Py_RETURN_NONE;
    Number total = whole_number(0);
    if (asks) {
        int answer = ask_total(given[JUDGE], before, &total);
        if (answer < 0) return NULL;
        if (!answer) Py_RETURN_NONE;
    }

    bool sets_timer = row.due_ms < row.wake_ms;
    if (sets_timer) row.wake_ms = row.due_ms;
    Out out = {row_room, row_room, row_room + sizeof row_room, false};
    write_list(&out, ROW_ELEMENTS);
    write_header(&out, &row);
    write_run(&out, row.first_seen_at.at, row.first_seen_at.size);
    write_whole(&out, row.last_event_at);
    write_whole(&out, row.updated_at);
    write_whole(&out, row.due_ms);
    write_whole(&out, row.wake_ms);
    write_bool(&out, row.born);
    write_whole(&out, row.events);
    write_run(&out, row.alerts.at, row.alerts.size);
    write_whole(&out, row.applied);
    write_offsets(&out, &row, topic_code, offset);
    bool forgets_id = row.ids.size == IDS_BYTES_MAX;
    size_t first_id = forgets_id ? DIGEST_BYTES : 0;
    write_bytes_head(&out, row.ids.size - first_id + DIGEST_BYTES);
    write_run(&out, row.ids.at + first_id, row.ids.size - first_id);
    write_run(&out, id_digest.at, DIGEST_BYTES);
    write_list(&out, row.sums_size);
    for (uint64_t place = 0; place < row.sums_size; place++) write_number(&out, row.sums[place]);
    if (asks) write_number(&out, total);
    else write_run(&out, row.total.at, row.total.size);
    write_map(&out, row.states_size);
    for (uint64_t place = 0; place < row.states_size; place++) {
        write_whole(&out, row.states[place].key);
        write_run(&out, row.states[place].bytes.at, row.states[place].bytes.size);
    }
    write_run(&out, row.firings.at, row.firings.size);
    write_run(&out, row.profile.at, row.profile.size);
    write_run(&out, row.profile_at.at, row.profile_at.size);
    uint8_t reference_room[EVENT_ID_BYTES_MAX + 64];
    Out reference = {reference_room, reference_room, reference_room + sizeof reference_room, false};
    if (is_evident) write_reference(&reference, &event, topic_code, offset, event_id);
    size_t reference_size = (size_t)(reference.at - reference.start);
    if (reference.bad || row.references.size + reference_size > EVIDENCE_BYTES_MAX) Py_RETURN_NONE;
    write_bytes_head(&out, row.references.size + reference_size);
    write_run(&out, row.references.at, row.references.size);
    write_run(&out, reference_room, reference_size);
    write_run(&out, row.categories.at, row.categories.size);
    write_whole(&out, 0);
    if (out.bad) Py_RETURN_NONE;
    if (forgets_id && count_bite(given[BITTEN], "remembered_ids") < 0) return NULL;
    PyObject *taken = PyBytes_FromStringAndSize((const char *)row_room, out.at - row_room);
    if (!taken || !sets_timer) return taken;
    PyObject *pair = PyTuple_New(2), *due_ms = PyLong_FromLongLong(row.due_ms);
    if (!pair || !due_ms) {
        Py_XDECREF(pair);
        Py_XDECREF(due_ms);
        Py_DECREF(taken);
        return NULL;
    }
    PyTuple_SetItem(pair, 0, taken);
    PyTuple_SetItem(pair, 1, due_ms);
    return pair;
}

static PyMethodDef methods[] = {
    {"take", (PyCFunction)(void (*)(void))take, METH_FASTCALL,
     "take(model, judge, bitten, row, program, digests, topic_code, offset, id_digest, event_id, occurred_at, now_ms)\n"
     "\n"
     "The row after the event, or (row, the time of a timer to be set); None where the engine has to take the event."},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "_packed", NULL, -1, methods, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit__packed(void) { return PyModule_Create(&definition); }
