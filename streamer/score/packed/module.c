/* The short way of an event: a packed row and an event in, the row that the engine in Python would make of them out, byte for byte; or
   None, and then it is the engine's. Nothing is decided here that the engine does not decide alike, and nothing is kept between calls. */
#define Py_LIMITED_API 0x030B0000
#include <Python.h>

#include "evidence.h"

#define INPUTS_MAX 16
#define BOUNDS_MAX 256
#define DECAYING_MAX 64
#define BARRED_MAX 512

#define VERSION 5 /* changes with every change of what Python and this file tell each other; Python takes no other one */

enum { ONE_NUMBER = 1, ADDED_UP_AT_BIRTH = 2 };

/* What `programs.py` packs of a model: this, so many bounds for a total that rises and for one that falls (doubles), so many rules that decay and keys of those that decay and have no
   operation, the names of the scores with `by`. */
typedef struct {
    uint32_t flags, rising_size, falling_size, decaying_size, barred_size, names_size;
    const uint8_t *rising, *falling, *decaying, *barred;
    Bytes names[BY_SCORES_MAX];
} Model;

#define MODEL_HEAD_BYTES (6 * sizeof(uint32_t))

/* Under the lock of the interpreter: one call at a time. While `judge` runs, another thread may have it: its events are the engine's. */
static Row row;
static Categories categories;
static uint8_t row_room[ROW_BYTES_MAX], states_room[ROW_BYTES_MAX], categories_room[ROW_BYTES_MAX];
static bool is_asking;

/* A rule with an alert that rose, and the value it rose for, if for any. */
typedef struct {
    uint32_t key;
    Bytes value;
} Rise;

#define RISES_MAX 16
static Rise rises[RISES_MAX];
static size_t rises_size;

typedef enum { FAILED = -1, ENGINES, DONE } Answer; /* an exception is set; the event is the engine's; it is done */

static bool bytes_of(PyObject *object, Bytes *bytes) {
    char *at;
    Py_ssize_t size;
    if (PyBytes_AsStringAndSize(object, &at, &size) < 0) return false;
    *bytes = (Bytes){(const uint8_t *)at, (size_t)size};
    return true;
}

static bool read_model(Bytes bytes, Model *model) {
    if (bytes.size < MODEL_HEAD_BYTES) return false;
    memcpy(model, bytes.at, MODEL_HEAD_BYTES);
    if (model->rising_size > BOUNDS_MAX || model->falling_size > BOUNDS_MAX || model->decaying_size > DECAYING_MAX || model->barred_size > BARRED_MAX) return false;
    if (model->names_size > BY_SCORES_MAX) return false;
    model->rising = bytes.at + MODEL_HEAD_BYTES;
    model->falling = model->rising + model->rising_size * sizeof(double);
    model->decaying = model->falling + model->falling_size * sizeof(double);
    model->barred = model->decaying + model->decaying_size * sizeof(Rule);
    In in = {model->barred + model->barred_size * sizeof(uint32_t), bytes.at + bytes.size, false};
    if (in.at > in.end) return false;
    for (uint32_t place = 0; place < model->names_size; place++) model->names[place] = read_any(&in);
    return !in.bad;
}

static bool is_decaying_of(const Model *model, uint32_t key) {
    for (uint32_t place = 0; place < model->decaying_size; place++) {
        Rule rule;
        memcpy(&rule, model->decaying + place * sizeof rule, sizeof rule);
        if (rule.key == key) return true;
    }
    return false;
}

static State *find_state(uint32_t key) {
    for (State *state = row.states; state < row.states + row.states_size; state++)
        if (state->key == key) return state;
    return NULL;
}

/* Whether the lead has seen something of a rule that decays and has no operation. */
static bool is_barred(const Model *model) {
    for (uint32_t place = 0; place < model->barred_size; place++) {
        uint32_t key;
        memcpy(&key, model->barred + place * sizeof key, sizeof key);
        if (find_state(key)) return true;
    }
    return false;
}

/* Whether no bound of this direction lies between two whole numbers. */
static bool is_calm(const Model *model, int64_t before, int64_t after) {
    const uint8_t *bounds = after > before ? model->rising : model->falling;
    uint32_t size = after > before ? model->rising_size : model->falling_size;
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
    PyObject *tuple = PyTuple_New((Py_ssize_t)size);
    for (uint64_t place = 0; tuple && place < size; place++) {
        PyObject *number = python_number(numbers[place]);
        if (!number || PyTuple_SetItem(tuple, (Py_ssize_t)place, number) < 0) Py_CLEAR(tuple);
    }
    return tuple;
}

/* The categories before or after as `judge` gets them: packed, or None where none has changed. */
static PyObject *python_bytes(Bytes bytes) {
    if (categories.is_changed) return PyBytes_FromStringAndSize((const char *)bytes.at, (Py_ssize_t)bytes.size);
    return Py_NewRef(Py_None);
}

/* Calls a function with these arguments, which are given up; its number, or ENGINES for None. */
static Answer ask(PyObject *function, PyObject *const *arguments, size_t size, Number *number) {
    PyObject *given = PyTuple_New((Py_ssize_t)size);
    for (size_t place = 0; place < size; place++) {
        if (given && arguments[place]) PyTuple_SetItem(given, (Py_ssize_t)place, arguments[place]);
        else {
            Py_XDECREF(arguments[place]);
            Py_CLEAR(given);
        }
    }
    if (!given) return FAILED;
    is_asking = true;
    PyObject *found = PyObject_CallObject(function, given);
    is_asking = false;
    Py_DECREF(given);
    if (!found) return FAILED;
    Answer answer = found == Py_None ? ENGINES : DONE;
    if (PyFloat_Check(found)) *number = real_number(PyFloat_AsDouble(found));
    else if (answer == DONE) *number = whole_number(PyLong_AsLongLong(found));
    Py_DECREF(found);
    return PyErr_Occurred() ? FAILED : answer;
}

/* Asks for the total after the change of the sums and categories, and keeps it; when something is crossed, the event is the engine's. */
static Answer ask_total(PyObject *judge, const Number *sums_before, Bytes categories_now) {
    static uint8_t total_room[9];
    In in = in_of(row.total);
    PyObject *asked[] = {
        python_numbers(sums_before, row.sums_size), python_numbers(row.sums, row.sums_size), python_number(read_number(&in)),
        python_bytes(row.categories), python_bytes(categories_now),
    };
    Number total = whole_number(0);
    Answer answer = ask(judge, asked, 5, &total);
    if (answer != DONE) return answer;
    Out told = {total_room, total_room, total_room + sizeof total_room, false};
    write_number(&told, total);
    row.total = (Bytes){total_room, (size_t)(told.at - total_room)};
    return DONE;
}

/* `Engine._fade`: brings what decays to the moment of the event; when that crosses something, the event is the engine's. */
static Answer fade_all(PyObject *judge, const Event *event, const Model *model, Out *states, bool *is_fading) {
    Number before[SCORES_MAX];
    memcpy(before, row.sums, sizeof before);
    for (uint32_t place = 0; place < model->decaying_size; place++) {
        Rule rule;
        memcpy(&rule, model->decaying + place * sizeof rule, sizeof rule);
        State *state = find_state(rule.key);
        if (!state) continue;
        const uint8_t *start = states->at;
        Number given;
        if (rule.place >= row.sums_size || !fade(&rule, event, state->bytes, states, &given)) return ENGINES;
        state->bytes = (Bytes){start, (size_t)(states->at - start)};
        row.sums[rule.place] = add(row.sums[rule.place], given);
        if (!is_tame(row.sums[rule.place])) return ENGINES;
        *is_fading = true;
    }
    return *is_fading ? ask_total(judge, before, row.categories) : DONE;
}

/* Asks when decay crosses something next, at the latest when the row is due. */
static Answer ask_due(PyObject *crossing, const Event *event, const Model *model) {
    PyObject *points = PyTuple_New(model->decaying_size);
    for (uint32_t place = 0; points && place < model->decaying_size; place++) {
        Rule rule;
        memcpy(&rule, model->decaying + place * sizeof rule, sizeof rule);
        State *state = find_state(rule.key);
        In in = in_of(state ? state->bytes : (Bytes){NULL, 0});
        Head head = read_head(&in, 4, !state);
        PyObject *one = state ? python_number(head.points) : Py_NewRef(Py_None);
        if (!one || PyTuple_SetItem(points, place, one) < 0) Py_CLEAR(points);
    }
    PyObject *asked[] = {python_numbers(row.sums, row.sums_size), points, PyLong_FromLongLong(event->now_ms), PyLong_FromLongLong(row.due_ms)};
    Number due_ms;
    Answer answer = ask(crossing, asked, 4, &due_ms);
    if (answer == DONE) row.due_ms = due_ms.whole;
    return answer;
}

static bool count_bite(PyObject *bitten, const char *name) {
    PyObject *key = PyUnicode_FromString(name);
    PyObject *known = key ? PyDict_GetItemWithError(bitten, key) : NULL;
    long count = known ? PyLong_AsLong(known) : 0;
    PyObject *more = PyErr_Occurred() ? NULL : PyLong_FromLong(count + 1);
    bool counted = more && PyDict_SetItem(bitten, key, more) == 0;
    Py_XDECREF(key);
    Py_XDECREF(more);
    return counted;
}

/* The inputs of the event: digests and values as bytes, periods as numbers, None for what the event does not have. */
static Answer read_inputs(PyObject *list, Input *inputs, Py_ssize_t *size) {
    *size = PyList_Size(list);
    if (*size < 0) return FAILED;
    if (*size > INPUTS_MAX) return ENGINES;
    for (Py_ssize_t place = 0; place < *size; place++) {
        PyObject *one = PyList_GetItem(list, place);
        inputs[place] = (Input){{NULL, 0}, 0};
        if (one == Py_None) continue;
        if (PyLong_Check(one)) inputs[place].period = PyLong_AsLongLong(one);
        else if (!bytes_of(one, &inputs[place].bytes)) return FAILED;
    }
    return PyErr_Occurred() ? FAILED : DONE;
}

static bool has_inputs(const Rule *rule, const Input *inputs, Py_ssize_t size) {
    if (rule->digest >= size || rule->period >= size || rule->value >= size) return false;
    return rule->digest < 0 || !inputs[rule->digest].bytes.at || inputs[rule->digest].bytes.size == DIGEST_BYTES;
}

/* Lets one rule take in the event: its state, its part of the sums or of the categories, when time changes it next, and whether it rose. */
static Outcome apply(const Rule *rule, const Event *event, const Model *model, Out *states, bool *is_decaying) {
    if (rule->half_life_ms >= 0 && !is_decaying_of(model, rule->key)) return LEFT;
    State *state = find_state(rule->key);
    bool is_new = !state;
    if (is_new) {
        if (row.states_size == STATES_MAX) return LEFT;
        state = &row.states[row.states_size++];
        *state = (State){rule->key, {states->at, 0}};
    }
    In in = in_of(state->bytes);
    const uint8_t *start = states->at;
    Effect effect;
    Outcome outcome = observe(rule, event, &in, is_new, states, &effect);
    if (outcome == LEFT) return LEFT;
    state->bytes = (Bytes){start, (size_t)(states->at - start)};
    if (effect.change_ms < row.due_ms) row.due_ms = effect.change_ms;
    if (effect.rose) {
        if (rises_size == RISES_MAX) return LEFT;
        rises[rises_size++] = (Rise){rule->key, effect.moved.value};
    }
    if (rule->flags & BY) {
        if (!effect.moved.value.at) return outcome;
        if (rule->place >= model->names_size || (!categories.is_read && !read_categories(row.categories, &categories))) return LEFT;
        return move(&categories, model->names[rule->place], &effect.moved, outcome == EVIDENT) ? outcome : LEFT;
    }
    if (rule->place >= row.sums_size) return LEFT;
    Number *sum = &row.sums[rule->place];
    bool is_moved = !is_equal(effect.given, whole_number(0));
    if ((rule->kind == PLAIN && !(rule->flags & ALERT)) || is_moved) *sum = add(*sum, effect.given);
    *is_decaying = *is_decaying || (rule->half_life_ms >= 0 && is_moved);
    return is_tame(*sum) ? outcome : LEFT;
}

/* `Tally.add_up` for a lead's first row, whose rules are those of the event: a fraction of nothing makes a sum a fraction too. */
static void add_up(const Bytes *program) {
    for (uint64_t place = 0; place < row.sums_size; place++) row.sums[place] = whole_number(0);
    for (size_t at = 0; at + sizeof(Rule) <= program->size; at += sizeof(Rule)) {
        Rule rule;
        memcpy(&rule, program->at + at, sizeof rule);
        In in = in_of(find_state(rule.key)->bytes);
        read_list(&in);
        if (!(rule.flags & BY)) row.sums[rule.place] = add(row.sums[rule.place], read_number(&in));
    }
}

enum { MODEL, JUDGE, CROSSING, BITTEN, ROW, PROGRAM, INPUTS, TOPIC_CODE, OFFSET, ID_DIGEST, EVENT_ID, OCCURRED_AT, NOW_MS, ARGUMENTS };

/* What is left to Python where something is crossed: the sums and categories before, and the rules that rose. */
static PyObject *python_moment(const Number *before) {
    PyObject *risen = PyList_New(0), *sums = python_numbers(before, row.sums_size);
    PyObject *categories_before = PyBytes_FromStringAndSize((const char *)row.categories.at, (Py_ssize_t)row.categories.size);
    for (size_t place = 0; risen && place < rises_size; place++) {
        Rise *one = &rises[place];
        PyObject *rise = PyTuple_New(2), *key = PyLong_FromUnsignedLong(one->key);
        PyObject *value = one->value.at ? PyBytes_FromStringAndSize((const char *)one->value.at, (Py_ssize_t)one->value.size) : Py_NewRef(Py_None);
        bool is_made = rise && key && value && PyTuple_SetItem(rise, 0, Py_NewRef(key)) == 0 && PyTuple_SetItem(rise, 1, Py_NewRef(value)) == 0;
        if (!is_made || PyList_Append(risen, rise) < 0) Py_CLEAR(risen);
        Py_XDECREF(rise);
        Py_XDECREF(key);
        Py_XDECREF(value);
    }
    PyObject *moment = risen && sums && categories_before ? PyTuple_Pack(3, sums, categories_before, risen) : NULL;
    Py_XDECREF(risen);
    Py_XDECREF(sums);
    Py_XDECREF(categories_before);
    return moment;
}

/* The new row in `out`, for the arguments of `take`; whether it sets a timer, and what is crossed, or NULL. */
static Answer take_event(PyObject *const *given, Out *out, bool *sets_timer, PyObject **moment) {
    Bytes bytes, model_bytes, program, id_digest, event_id = {NULL, 0};
    if (!bytes_of(given[ROW], &bytes) || !bytes_of(given[MODEL], &model_bytes) || !bytes_of(given[PROGRAM], &program) ||
        !bytes_of(given[ID_DIGEST], &id_digest))
        return FAILED;
    int64_t topic_code = PyLong_AsLongLong(given[TOPIC_CODE]), offset = PyLong_AsLongLong(given[OFFSET]);
    Input inputs[INPUTS_MAX];
    Py_ssize_t inputs_size;
    Event event = {PyLong_AsLongLong(given[OCCURRED_AT]), PyLong_AsLongLong(given[NOW_MS]), {0, 0}, inputs};
    if (given[EVENT_ID] != Py_None) {
        Py_ssize_t id_size = 0;
        event_id.at = (const uint8_t *)PyUnicode_AsUTF8AndSize(given[EVENT_ID], &id_size);
        event_id.size = (size_t)id_size;
    }
    if (PyErr_Occurred()) return FAILED;
    Answer answer = read_inputs(given[INPUTS], inputs, &inputs_size);
    if (answer != DONE) return answer;
    Model model;
    if (event_id.size > EVENT_ID_BYTES_MAX || id_digest.size != DIGEST_BYTES || !read_model(model_bytes, &model)) return ENGINES;

    if (!read_row(bytes, &row) || row.is_erased || !(row.born || row.is_first) || !is_newer(&row, topic_code, offset)) return ENGINES;
    if (row.ids.size % DIGEST_BYTES || row.ids.size > IDS_BYTES_MAX || find(row.ids, id_digest.at, DIGEST_BYTES, 0) >= 0) return ENGINES;
    if (is_barred(&model)) return ENGINES;
    categories.is_read = categories.is_changed = false;
    rises_size = 0;
    row.born = true;
    row.applied++;
    put_big_endian(event.serial, (uint64_t)row.applied & 0xffff, SERIAL_BYTES);
    row.events++;
    if (event.occurred_at > row.last_event_at) row.last_event_at = event.occurred_at;
    row.updated_at = event.now_ms;

    Out states = {states_room, states_room, states_room + sizeof states_room, false};
    bool is_fading = false, is_decaying = false, is_evident = false;
    answer = fade_all(given[JUDGE], &event, &model, &states, &is_fading);
    if (answer != DONE) return answer;
    Number before[SCORES_MAX];
    memcpy(before, row.sums, sizeof before);
    for (size_t at = 0; at + sizeof(Rule) <= program.size; at += sizeof(Rule)) {
        Rule rule;
        memcpy(&rule, program.at + at, sizeof rule);
        Outcome outcome = has_inputs(&rule, inputs, inputs_size) ? apply(&rule, &event, &model, &states, &is_decaying) : LEFT;
        if (outcome == LEFT) return ENGINES;
        is_evident = is_evident || outcome == EVIDENT;
    }

    if (row.is_first && model.flags & ADDED_UP_AT_BIRTH) add_up(&program);

    Out changed = {categories_room, categories_room, categories_room + sizeof categories_room, false};
    Bytes categories_now = row.categories;
    if (categories.is_read) {
        write_categories(&changed, &categories);
        if (changed.bad) return ENGINES;
        categories_now = (Bytes){categories_room, (size_t)(changed.at - categories_room)};
    }
    bool is_changed = categories.is_changed, is_simple = model.flags & ONE_NUMBER && !categories.is_changed;
    for (uint64_t place = 0; place < row.sums_size; place++) {
        is_changed = is_changed || !is_equal(before[place], row.sums[place]);
        is_simple = is_simple && !before[place].is_real && !row.sums[place].is_real;
    }
    if ((is_fading && is_changed) || is_decaying) {
        answer = ask_due(given[CROSSING], &event, &model);
        if (answer != DONE) return answer;
    }
    bool crosses = rises_size || (is_changed && is_simple && !is_calm(&model, before[0].whole, row.sums[0].whole));
    if (!crosses && ((is_changed && !is_simple) || is_decaying)) {
        answer = ask_total(given[JUDGE], before, categories_now);
        if (answer == FAILED) return FAILED;
        crosses = answer == ENGINES;
    }

    uint8_t reference_room[EVENT_ID_BYTES_MAX + 64];
    Out reference = {reference_room, reference_room, reference_room + sizeof reference_room, false};
    if (is_evident) write_reference(&reference, &event, topic_code, offset, event_id);
    Bytes newest = {reference_room, (size_t)(reference.at - reference_room)};
    static uint8_t kept_room[2 * EVIDENCE_BYTES_MAX];
    if (row.references.size + newest.size > EVIDENCE_BYTES_MAX) {
        Out kept = {kept_room, kept_room, kept_room + sizeof kept_room, false};
        if (!prune(&row, newest, &kept)) return ENGINES;
        row.references = (Bytes){kept_room, (size_t)(kept.at - kept_room)};
        newest.size = 0;
    }
    if (reference.bad) return ENGINES;
    *sets_timer = row.due_ms < row.wake_ms;
    if (*sets_timer) row.wake_ms = row.due_ms;
    bool forgets_id = row.ids.size == IDS_BYTES_MAX;
    if (forgets_id) row.ids = (Bytes){row.ids.at + DIGEST_BYTES, row.ids.size - DIGEST_BYTES};
    write_row(out, &row, &event, topic_code, offset, id_digest, newest, categories_now);
    if (out->bad) return ENGINES;
    if (crosses && !(*moment = python_moment(before))) return FAILED;
    return forgets_id && !count_bite(given[BITTEN], "remembered_ids") ? FAILED : DONE;
}

static PyObject *take(PyObject *module, PyObject *const *given, Py_ssize_t size) {
    (void)module;
    if (size != ARGUMENTS) {
        PyErr_SetString(PyExc_TypeError, "take: expected 13 arguments");
        return NULL;
    }
    Out out = {row_room, row_room, row_room + sizeof row_room, false};
    bool sets_timer = false;
    PyObject *moment = NULL;
    Answer answer = is_asking ? ENGINES : take_event(given, &out, &sets_timer, &moment);
    if (answer == ENGINES) Py_RETURN_NONE;
    PyObject *taken = answer == DONE ? PyBytes_FromStringAndSize((const char *)row_room, out.at - row_room) : NULL;
    if (taken && (sets_timer || moment)) {
        PyObject *bytes_taken = taken, *due_ms = sets_timer ? PyLong_FromLongLong(row.due_ms) : Py_NewRef(Py_None);
        taken = due_ms ? PyTuple_Pack(3, bytes_taken, due_ms, moment ? moment : Py_None) : NULL;
        Py_DECREF(bytes_taken);
        Py_XDECREF(due_ms);
    }
    Py_XDECREF(moment);
    return taken;
}

static PyObject *evidence(PyObject *module, PyObject *const *given, Py_ssize_t size) {
    (void)module;
    Bytes references, serials;
    TopicText topics[TOPIC_CODES_MAX] = {0};
    if (size != 4) {
        PyErr_SetString(PyExc_TypeError, "evidence: expected 4 arguments");
        return NULL;
    }
    if (!bytes_of(given[0], &references) || !bytes_of(given[1], &serials)) return NULL;
    int64_t than_ms = PyLong_AsLongLong(given[2]);
    Py_ssize_t texts = PyTuple_Size(given[3]);
    if (PyErr_Occurred()) return NULL;
    for (Py_ssize_t place = 0; place < texts && place < 2 * TOPIC_CODES_MAX; place++) {
        Bytes *text = place % 2 ? &topics[place / 2].name : &topics[place / 2].start;
        PyObject *one = PyTuple_GetItem(given[3], place);
        if (!one || (one != Py_None && !bytes_of(one, text))) return NULL;
    }
    Out out = {row_room, row_room, row_room + sizeof row_room, false};
    if (!write_evidence(&out, references, serials, than_ms, topics)) Py_RETURN_NONE;
    return PyBytes_FromStringAndSize((const char *)row_room, out.at - row_room);
}

static PyMethodDef methods[] = {
    {"take", (PyCFunction)(void (*)(void))take, METH_FASTCALL,
     "take(model, judge, crossing, bitten, row, program, inputs, topic_code, offset, id_digest, event_id, occurred_at, now_ms)\n"
     "\n"
     "The row after the event; None where the engine has to take it. Where there is more to be done: (row, the time of a timer to be set\n"
     "or None, None or (sums before, packed categories before, [(key of a rule that rose, packed value or None)]))."},
    {"evidence", (PyCFunction)(void (*)(void))evidence, METH_FASTCALL,
     "evidence(references, serials, than_ms, texts)\n"
     "\n"
     "The references of a row under these serials that are later than a time, as a JSON array, empty when there are none; None for ids\n"
     "that JSON escapes. `texts` has two for each topic code: how the JSON of a reference begins and the default event id, both up to\n"
     "the offset."},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "_packed", NULL, -1, methods, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit__packed(void) {
    PyObject *module = PyModule_Create(&definition);
    if (module && PyModule_AddIntConstant(module, "VERSION", VERSION) < 0) Py_CLEAR(module);
    return module;
}
