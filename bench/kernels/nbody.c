/* Five bodies under gravity, n steps of a symplectic integrator: f64 arithmetic with square roots and divisions. */
#include "kernel.h"

typedef struct { double x, y, z, vx, vy, vz, mass; } body;
static body bodies[5];

static void start(void) {
  const double pi = 3.141592653589793, sun = 4 * pi * pi, year = 365.24;
  static const double given[4][7] = {
    { 4.84143144246472090, -1.16032004402742839, -0.103622044471123109, 0.00166007664274403694, 0.00769901118419740425, -0.0000690460016972063023, 0.000954791938424326609 },
    { 8.34336671824457987, 4.12479856412430479, -0.403523417114321381, -0.00276742510726411043, 0.00499852801234917238, 0.0000230417297573763929, 0.000285885980666130812 },
    { 12.8943695621391310, -15.1111514016986312, -0.223307578892655734, 0.00296460137564761618, 0.00237847173959480950, -0.0000296589568540237556, 0.0000436624404335156298 },
    { 15.3796971148509165, -25.9193146099879641, 0.179258772950371181, 0.00268067772490389322, 0.00162824170038242295, -0.0000951592254519715870, 0.0000515138902046611451 },
  };
  double px = 0, py = 0, pz = 0;
  for (int i = 0; i < 4; i++) {
    const double *g = given[i];
    body *b = &bodies[i + 1];
    b->x = g[0]; b->y = g[1]; b->z = g[2];
    b->vx = g[3] * year; b->vy = g[4] * year; b->vz = g[5] * year;
    b->mass = g[6] * sun;
    px += b->vx * b->mass; py += b->vy * b->mass; pz += b->vz * b->mass;
  }
  bodies[0] = (body){ 0, 0, 0, -px / sun, -py / sun, -pz / sun, sun };
}

static double energy(void) {
  double e = 0;
  for (int i = 0; i < 5; i++) {
    const body *b = &bodies[i];
    e += 0.5 * b->mass * (b->vx * b->vx + b->vy * b->vy + b->vz * b->vz);
    for (int j = i + 1; j < 5; j++) {
      const body *c = &bodies[j];
      double dx = b->x - c->x, dy = b->y - c->y, dz = b->z - c->z;
      e -= b->mass * c->mass / __builtin_sqrt(dx * dx + dy * dy + dz * dz);
    }
  }
  return e;
}

EXPORT double run(int32_t n) {
  const double dt = 0.01;
  start();
  for (int32_t step = 0; step < n; step++) {
    for (int i = 0; i < 5; i++) {
      body *b = &bodies[i];
      for (int j = i + 1; j < 5; j++) {
        body *c = &bodies[j];
        double dx = b->x - c->x, dy = b->y - c->y, dz = b->z - c->z;
        double square = dx * dx + dy * dy + dz * dz, force = dt / (square * __builtin_sqrt(square));
        b->vx -= dx * c->mass * force; b->vy -= dy * c->mass * force; b->vz -= dz * c->mass * force;
        c->vx += dx * b->mass * force; c->vy += dy * b->mass * force; c->vz += dz * b->mass * force;
      }
    }
    for (int i = 0; i < 5; i++) {
      body *b = &bodies[i];
      b->x += dt * b->vx; b->y += dt * b->vy; b->z += dt * b->vz;
    }
  }
  return energy();
}
