/* The short way of an event: a packed row and an event in, the row that the engine in Python would make of them out, byte for byte; or
   None, and then it is the engine's. Nothing is decided here that the engine does not decide alike, and nothing of a lead is kept between calls. */
#define Py_LIMITED_API 0x030B0000
#include <Python.h>

#include "decay.h"
#include "evidence.h"
#include "thresholds.h"

#define INPUTS_MAX 16
#define VERSION 7 /* changes with every change of what Python and this file tell each other; Python takes no other one */

static const char MODEL_NAME[] = "streamer.score.packed.model";

/* Under the lock of the interpreter, which no call gives away: one call at a time. */
static Row row;
static Categories categories, categories_before;
static uint8_t row_room[ROW_BYTES_MAX], states_room[2 * ROW_BYTES_MAX], categories_room[ROW_BYTES_MAX];

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

static State *find_state(uint32_t key) {
    for (State *state = row.states; state < row.states + row.states_size; state++)
        if (state->key == key) return state;
    return NULL;
}

/* Whether the lead has seen something of a rule that decays and has no operation. */
static bool is_barred(const Model *model) {
    for (size_t place = 0; place < model->barred_size; place++)
        if (find_state(model->barred[place])) return true;
    return false;
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

/* What the change of the sums since then crosses; where nothing, the row's total follows. */
static Judgement judge_sums(const Model *model, const Number *before) {
    static uint8_t total_room[9];
    In in = in_of(row.total);
    Number total = read_number(&in);
    if (in.bad || !is_tame(total)) return UNSURE;
    Judgement judged = judge_numbers(model, before, row.sums, &total);
    if (judged != CALM) return judged;
    Out told = {total_room, total_room, total_room + sizeof total_room, false};
    write_number(&told, total);
    row.total = (Bytes){total_room, (size_t)(told.at - total_room)};
    return CALM;
}

/* What the change of the categories since the row crosses. */
static Judgement judge_change_of_categories(const Model *model) {
    if (!model->watched_size) return CALM;
    if (!read_categories(row.categories, &categories_before)) return UNSURE;
    return judge_categories(model, &categories_before, &categories);
}

/* `Engine._fade`: brings what decays to the moment of the event; false when that crosses something, which is the engine's. */
static bool fade_all(const Event *event, const Model *model, Out *states, bool *is_fading) {
    Number before[SCORES_MAX];
    memcpy(before, row.sums, sizeof before);
    for (const Rule *rule = model->decaying; rule < model->decaying + model->decaying_size; rule++) {
        State *state = find_state(rule->key);
        if (!state) continue;
        const uint8_t *start = states->at;
        Number given;
        if (!fade(rule, event, state->bytes, states, &given)) return false;
        state->bytes = (Bytes){start, (size_t)(states->at - start)};
        row.sums[rule->place] = add(row.sums[rule->place], given);
        if (!is_tame(row.sums[rule->place])) return false;
        *is_fading = true;
    }
    return !*is_fading || judge_sums(model, before) == CALM;
}

/* When decay crosses something next, if that is before the row is due. */
static bool foresee_all(const Event *event, const Model *model) {
    Giving giving;
    bool is_any = false;
    for (size_t place = 0; place < model->decaying_size; place++) {
        State *state = find_state(model->decaying[place].key);
        giving.is_seen[place] = state;
        if (!state) continue;
        In in = in_of(state->bytes);
        giving.points[place] = real_of(read_head(&in, 4, false).points);
        is_any = true;
    }
    return !is_any || foresee(model, row.sums, &giving, event->now_ms, &row.due_ms);
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

enum { ROW, PROGRAM, INPUTS, TOPIC_CODE, OFFSET, ID_DIGEST, EVENT_ID, OCCURRED_AT, NOW_MS, ARGUMENTS };

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
static Answer take_event(const Model *model, PyObject *bitten, PyObject *const *given, Out *out, bool *sets_timer, PyObject **moment) {
    Bytes bytes, program, id_digest, event_id = {NULL, 0};
    if (!bytes_of(given[ROW], &bytes) || !bytes_of(given[PROGRAM], &program) || !bytes_of(given[ID_DIGEST], &id_digest)) return FAILED;
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
    if (event_id.size > EVENT_ID_BYTES_MAX || id_digest.size != DIGEST_BYTES) return ENGINES;

    if (!read_row(bytes, &row) || row.sums_size != model->scores_size || row.is_erased || !(row.born || row.is_first) || !is_newer(&row, topic_code, offset)) return ENGINES;
    if (row.ids.size % DIGEST_BYTES || row.ids.size > IDS_BYTES_MAX || find(row.ids, id_digest.at, DIGEST_BYTES, 0) >= 0) return ENGINES;
    if (is_barred(model)) return ENGINES;
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
    if (!fade_all(&event, model, &states, &is_fading)) return ENGINES;
    Number before[SCORES_MAX];
    memcpy(before, row.sums, sizeof before);
    for (size_t at = 0; at + sizeof(Rule) <= program.size; at += sizeof(Rule)) {
        Rule rule;
        memcpy(&rule, program.at + at, sizeof rule);
        Outcome outcome = has_inputs(&rule, inputs, inputs_size) ? apply(&rule, &event, model, &states, &is_decaying) : LEFT;
        if (outcome == LEFT) return ENGINES;
        is_evident = is_evident || outcome == EVIDENT;
    }

    if (row.is_first && model->is_added_up_at_birth) add_up(&program);

    Out changed = {categories_room, categories_room, categories_room + sizeof categories_room, false};
    Bytes categories_now = row.categories;
    if (categories.is_read) {
        write_categories(&changed, &categories);
        if (changed.bad) return ENGINES;
        categories_now = (Bytes){categories_room, (size_t)(changed.at - categories_room)};
    }
    bool is_changed = categories.is_changed;
    for (uint64_t place = 0; place < row.sums_size; place++) is_changed = is_changed || !is_equal(before[place], row.sums[place]);
    if (((is_fading && is_changed) || is_decaying) && !foresee_all(&event, model)) return ENGINES;
    Judgement judged = rises_size ? CROSSED : CALM;
    if (judged == CALM && (is_changed || is_decaying)) judged = judge_sums(model, before);
    if (judged == CALM && categories.is_changed) judged = judge_change_of_categories(model);
    if (judged == UNSURE) return ENGINES;

    uint8_t reference_room[EVENT_ID_BYTES_MAX + 64];
    Out reference = {reference_room, reference_room, reference_room + sizeof reference_room, false};
    if (is_evident) write_reference(&reference, &event, topic_code, offset, event_id);
    Bytes newest = {reference_room, (size_t)(reference.at - reference_room)};
    static uint8_t kept_room[2 * EVIDENCE_BYTES_MAX];
    bool drops_evidence = false;
    if (row.references.size + newest.size > EVIDENCE_BYTES_MAX) {
        Out kept = {kept_room, kept_room, kept_room + sizeof kept_room, false};
        if (!prune(&row, newest, &kept, &states, &drops_evidence)) return ENGINES;
        newest.size = 0;
    }
    if (reference.bad) return ENGINES;
    *sets_timer = row.due_ms < row.wake_ms;
    if (*sets_timer) row.wake_ms = row.due_ms;
    bool forgets_id = row.ids.size == IDS_BYTES_MAX;
    if (forgets_id) row.ids = (Bytes){row.ids.at + DIGEST_BYTES, row.ids.size - DIGEST_BYTES};
    write_row(out, &row, &event, topic_code, offset, id_digest, newest, categories_now);
    if (out->bad) return ENGINES;
    if (judged == CROSSED && !(*moment = python_moment(before))) return FAILED;
    if (forgets_id && !count_bite(bitten, "remembered_ids")) return FAILED;
    return drops_evidence && !count_bite(bitten, "evidence") ? FAILED : DONE;
}

/* `of` is what `take_of` has bound: the model, and the counter of bounds that bit. */
static PyObject *take(PyObject *of, PyObject *const *given, Py_ssize_t size) {
    if (size != ARGUMENTS) {
        PyErr_SetString(PyExc_TypeError, "take: expected 9 arguments");
        return NULL;
    }
    const Model *model = PyCapsule_GetPointer(PyTuple_GetItem(of, 0), MODEL_NAME);
    if (!model) return NULL;
    Out out = {row_room, row_room, row_room + sizeof row_room, false};
    bool sets_timer = false;
    PyObject *moment = NULL;
    Answer answer = take_event(model, PyTuple_GetItem(of, 1), given, &out, &sets_timer, &moment);
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

static PyMethodDef take_method = {
    "take", (PyCFunction)(void (*)(void))take, METH_FASTCALL,
    "take(row, program, inputs, topic_code, offset, id_digest, event_id, occurred_at, now_ms)\n"
    "\n"
    "The row after the event; None where the engine has to take it. Where there is more to be done: (row, the time of a timer to be set\n"
    "or None, None or (sums before, packed categories before, [(key of a rule that rose, packed value or None)])).",
};

static void free_model(PyObject *capsule) { PyMem_Free(PyCapsule_GetPointer(capsule, MODEL_NAME)); }

static PyObject *take_of(PyObject *module, PyObject *const *given, Py_ssize_t size) {
    (void)module;
    Bytes packed;
    if (size != 2 || !PyDict_Check(given[1])) {
        PyErr_SetString(PyExc_TypeError, "take_of: expected a packed model and a dict");
        return NULL;
    }
    if (!bytes_of(given[0], &packed)) return NULL;
    Model *model = PyMem_Calloc(1, sizeof(Model));
    if (!model) return PyErr_NoMemory();
    bool is_read = read_model(packed, model);
    PyObject *capsule = is_read ? PyCapsule_New(model, MODEL_NAME, free_model) : NULL;
    if (!capsule) {
        PyMem_Free(model);
        return is_read ? NULL : Py_NewRef(Py_None);
    }
    PyObject *of = PyTuple_Pack(2, capsule, given[1]), *bound = of ? PyCFunction_New(&take_method, of) : NULL;
    Py_DECREF(capsule);
    Py_XDECREF(of);
    return bound;
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
    {"take_of", (PyCFunction)(void (*)(void))take_of, METH_FASTCALL,
     "take_of(model, bitten)\n"
     "\n"
     "`take` for one packed model, which counts in a dict each bound that bites; None for a model with more than there is room for."},
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
