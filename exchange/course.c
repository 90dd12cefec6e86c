/*
 * course.c: the course of an exchange, kept and told.
 *
 * A course is a member of its exchange: a fixed table of the steps and their
 * times.  A step that is under way has the time when it began; a pause turns
 * that into the time that it took so far, and back.  So what is told as its
 * begin is as long before its end as the step took by itself.
 */
#include "config.h"
#include "exchange/course.h"

static const struct kx_found nothing;

const char *
kx_step_name(enum kx_step step)
{
    static const char *const name[KX_STEPS] = {
        [KX_STEP_REALM] = "realm",
        [KX_STEP_IDENTITY] = "identity",
        [KX_STEP_SRV] = "srv",
        [KX_STEP_TLSA] = "tlsa",
        [KX_STEP_ADDRESS] = "address",
        [KX_STEP_CONNECT] = "connect",
        [KX_STEP_OFFER] = "offer",
        [KX_STEP_ANSWER] = "answer",
        [KX_STEP_MESSAGE] = "message",
        [KX_STEP_POLICY] = "policy",
        [KX_STEP_CHAIN] = "chain",
        [KX_STEP_SIGNATURE] = "signature",
        [KX_STEP_DANE] = "dane",
        [KX_STEP_ROOTS] = "roots",
        [KX_STEP_AGREEMENT] = "agreement",
        [KX_STEP_CONFIRMATION] = "confirmation",
        [KX_STEP_STORE] = "store",
        [KX_STEP_EXCHANGE] = "exchange",
    };

    return (unsigned int)step < KX_STEPS ? name[step] : "unknown";
}

const char *
kx_side_name(enum kx_side side)
{
    return side == KX_INITIATOR ? "initiator" : "responder";
}

int64_t
kx_course_spent(const struct kx_course *course, enum kx_step step)
{
    const struct kx_step_time *time = &course->time[step];

    return time->times == 0 ? -1 : time->spent;
}

/* Tell the listener, if there is one. */
static void
tell(const struct kx_course *course, const struct kx_told *told)
{
    if (course->listener != NULL && course->listener->tell != NULL)
        course->listener->tell(course->listener->arg, told);
}

void
kx_step_begin(struct kx_course *course, enum kx_step step)
{
    struct kx_told told = {.step = step, .begins = TRUE, .found = &nothing};

    if (course == NULL || course->time[step].under_way)
        return;
    course->time[step].under_way = TRUE;
    course->time[step].began = kx_monotonic_usec();
    told.course = course;
    told.begin = told.end = course->time[step].began;
    tell(course, &told);
}

krb5_error_code
kx_step_end(struct kx_course *course, enum kx_step step, krb5_error_code code,
            const struct kx_found *found)
{
    struct kx_told told = {.course = course, .step = step, .code = code};
    struct kx_step_time *time;

    if (course == NULL || !course->time[step].under_way)
        return code;
    time = &course->time[step];
    told.begin = time->began;
    told.end = kx_monotonic_usec();
    told.found = found != NULL ? found : &nothing;
    time->under_way = FALSE;
    time->spent += told.end - told.begin;
    time->times++;
    tell(course, &told);
    return code;
}

void
kx_step_pause(struct kx_course *course, enum kx_step step)
{
    if (course != NULL)
        course->time[step].began =
            kx_monotonic_usec() - course->time[step].began;
}

void
kx_step_resume(struct kx_course *course, enum kx_step step)
{
    /* From one kind of time to the other is the same way back. */
    kx_step_pause(course, step);
}

void
kx_course_begin(struct kx_course *course, const struct kx_listener *listener,
                krb5_context context, enum kx_side side, const char *local)
{
    course->listener = listener;
    course->context = context;
    course->side = side;
    course->local = local;
    kx_step_begin(course, KX_STEP_EXCHANGE);
}

void
kx_course_server(struct kx_course *course, const char *host, uint16_t port)
{
    if (course == NULL)
        return;
    course->host = host;
    course->port = port;
}

void
kx_course_interrupt(struct kx_course *course, krb5_error_code code)
{
    int step;

    for (step = 0; step < KX_STEP_EXCHANGE; step++)
        (void)kx_step_end(course, (enum kx_step)step, code, NULL);
}

void
kx_course_end(struct kx_course *course, krb5_error_code code,
              const struct kx_crossover *crossover)
{
    const struct kx_found found = {.crossover = crossover};

    if (course == NULL)
        return;
    (void)kx_step_end(course, KX_STEP_EXCHANGE, code, &found);
}
