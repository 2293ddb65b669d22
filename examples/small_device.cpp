// A compiled bundle in a C++ program: gaitcast compile my-bundle --out firmware
// g++ -c examples/small_device.cpp -Ifirmware && gcc -c firmware/gaitcast.c && g++ *.o -lm
#include <array>
#include <cstdio>
#include <vector>

#include "gaitcast.h"

int main()
{
    // The wearer takes the device on. What is known of them is set by gaitcast_set_covariates.
    gaitcast_reset();
    std::array<float, GAITCAST_CHANNELS> sample{};
    std::array<float, GAITCAST_STEPS * GAITCAST_TARGETS> forecast{};

    // Your timer at GAITCAST_RATE_HZ: read the sensors in the header's order and units.
    // Here each sample is a line of numbers on standard input, and 0 s marks the first one.
    float dt_s = 0.0F;
    for (;;) {
        for (float &value : sample)
            if (std::scanf("%f%*[, ]", &value) < 1) return 0;
        if (gaitcast_step(sample.data(), dt_s, forecast.data()) == GAITCAST_READY)
            std::printf("%.3f\n", forecast[forecast.size() - GAITCAST_TARGETS]);  // farthest step
        dt_s = 1.0F / GAITCAST_RATE_HZ;

        // The state can be kept over a restart: store these bytes, and put them back with memcpy.
        const auto *state = static_cast<const unsigned char *>(gaitcast_state());
        std::vector<unsigned char> kept(state, state + gaitcast_state_size());
    }
}
