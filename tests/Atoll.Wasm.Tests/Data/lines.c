static int table[4];

static int divide(int a, int b) {
    return a / b;
}

__attribute__((noinline)) static int fetch(volatile int *at, int index) {
    int sum = 0;
    for (int i = 0; i < 3; i++) {
        sum += i * index;
    }
    return sum + at[index];
}

__attribute__((export_name("quotient"))) int quotient(int a, int b) {
    int x = a + 1;
    return divide(x, b) + table[a & 3];
}

__attribute__((export_name("peek"))) int peek(int index) {
    int y = fetch(table, index);
    return y + 1;
}

__attribute__((export_name("stop"))) void stop(void) {
    __builtin_trap();
}
