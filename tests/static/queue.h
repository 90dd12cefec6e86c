/*
 * queue.h: what cppcheck does not know of sys/queue.h, told to it: it reads no
 * header of the system.
 */
#define LIST_HEAD(name, type)                                                 \
    struct name {                                                             \
        struct type *lh_first;                                                \
    }
#define TAILQ_FOREACH(var, head, field)                                       \
    for ((var) = (head)->tqh_first; (var) != NULL;                            \
         (var) = (var)->field.tqe_next)
