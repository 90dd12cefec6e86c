dnl Compiler and linker flags: warnings, hardening, sanitizers, counters.

dnl KX_TRY_CFLAG(FLAG): append FLAG to KX_CFLAGS where the compiler takes it.
AC_DEFUN([KX_TRY_CFLAG], [
    AC_MSG_CHECKING([whether $CC takes $1])
    kx_save_CFLAGS=$CFLAGS
    CFLAGS="$CFLAGS -Werror $1"
    AC_COMPILE_IFELSE([AC_LANG_PROGRAM([], [])],
        [AC_MSG_RESULT([yes]); KX_CFLAGS="$KX_CFLAGS $1"],
        [AC_MSG_RESULT([no])])
    CFLAGS=$kx_save_CFLAGS
])

dnl KX_TRY_LDFLAG(FLAG): append FLAG to KX_LDFLAGS where the linker takes it.
AC_DEFUN([KX_TRY_LDFLAG], [
    AC_MSG_CHECKING([whether the linker takes $1])
    kx_save_LDFLAGS=$LDFLAGS
    LDFLAGS="$LDFLAGS $1"
    AC_LINK_IFELSE([AC_LANG_PROGRAM([], [])],
        [AC_MSG_RESULT([yes]); KX_LDFLAGS="$KX_LDFLAGS $1"],
        [AC_MSG_RESULT([no])])
    LDFLAGS=$kx_save_LDFLAGS
])

AC_DEFUN([KX_HARDENING], [
    KX_CFLAGS="-std=c11"
    m4_foreach_w([flag], [-Wall -Wextra -Wshadow -Wpointer-arith
        -Wstrict-prototypes -Wmissing-prototypes -Wwrite-strings -Wvla
        -Wformat=2 -Wundef -Wcast-qual -fno-common -fstack-protector-strong
        -fstack-clash-protection -fcf-protection],
        [KX_TRY_CFLAG(flag)])
    AS_IF([test "$enable_werror" = yes], [KX_CFLAGS="$KX_CFLAGS -Werror"])
    # _FORTIFY_SOURCE wants optimisation, and knows nothing of sanitizers.
    AS_IF([test "$enable_sanitizers" = no], [
        AS_CASE([" $CFLAGS "], [*" -O0 "*], [],
            [KX_CPPFLAGS="-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2"])])
    KX_TRY_LDFLAG([-Wl,-z,relro])
    KX_TRY_LDFLAG([-Wl,-z,now])
    KX_TRY_LDFLAG([-Wl,-z,noexecstack])
    KX_TRY_LDFLAG([-Wl,--as-needed])
    KX_PROGRAM_CFLAGS=-fPIE
    KX_PROGRAM_LDFLAGS=-pie
    AC_SUBST([KX_CFLAGS])
    AC_SUBST([KX_CPPFLAGS])
    AC_SUBST([KX_LDFLAGS])
    AC_SUBST([KX_PROGRAM_CFLAGS])
    AC_SUBST([KX_PROGRAM_LDFLAGS])
])

dnl KX_SANITIZERS: the flags, and for the lab the runtime that must be loaded
dnl before a program which was made without, such as krb5kdc.
AC_DEFUN([KX_SANITIZERS], [
    AS_IF([test "$enable_sanitizers" != no], [
        AC_COMPILE_IFELSE([AC_LANG_SOURCE([[
#if !defined(__GNUC__) || defined(__clang__)
#error
#endif
]])], [], [AC_MSG_ERROR([--enable-sanitizers wants gcc, whose sanitizers are libraries that krb5kdc can load])])
        KX_SANITIZER_CHECKS=$enable_sanitizers
        KX_CFLAGS="$KX_CFLAGS -fsanitize=$KX_SANITIZER_CHECKS -fno-sanitize-recover=all -fno-omit-frame-pointer"
        KX_LDFLAGS="$KX_LDFLAGS -fsanitize=$KX_SANITIZER_CHECKS"
        AS_CASE([,$KX_SANITIZER_CHECKS,],
            [*,address,*], [KX_SANITIZER_RUNTIME=libasan.so],
            [*,thread,*], [KX_SANITIZER_RUNTIME=libtsan.so],
            [*,leak,*], [KX_SANITIZER_RUNTIME=liblsan.so])
        AS_IF([test -n "$KX_SANITIZER_RUNTIME"],
            [KX_SANITIZER_RUNTIME=`$CC -print-file-name=$KX_SANITIZER_RUNTIME`])
        # tests/sanitized/start.c has the reason.
        AS_CASE([,$KX_SANITIZER_CHECKS,],
            [*,thread,*], [KX_SANITIZER_RUNTIME="$KX_SANITIZER_RUNTIME `pwd`/sanitized/.libs/start.so"])
    ])
    AC_SUBST([KX_SANITIZER_CHECKS])
    AC_SUBST([KX_SANITIZER_RUNTIME])
    AM_CONDITIONAL([SANITIZERS], [test "$enable_sanitizers" != no])
    # Expanded by make, not by automake, which cannot.
    AC_SUBST([KX_SANITIZED_TESTS], ['$(check_PROGRAMS:%=sanitized/%.asan)'])
])

dnl gcc's counters are for gcov, which comes with it, and name the sources in
dnl full, as gcovr does not know from where which one was compiled.
AC_DEFUN([KX_COVERAGE], [
    AS_IF([test "$enable_coverage" = yes], [
        KX_CFLAGS="$KX_CFLAGS --coverage -fprofile-abs-path"
        KX_LDFLAGS="$KX_LDFLAGS --coverage"
    ])
    AM_CONDITIONAL([COVERAGE], [test "$enable_coverage" = yes])
])
