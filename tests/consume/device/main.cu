// SPDX-License-Identifier: Apache-2.0
// Links everything that a policy needs, and computes if there is a GPU.
#include <iostream>

#include <coco/cuda/cuda.cuh>

int main() {
    try {
        coco::Cuda on;
        coco::Workspace<coco::Cuda> work(on);
        const auto x = work.keep(2, 2), y = work.keep(2, 2);
        on.multiply(x, coco::Op::plain, x, coco::Op::plain, y);
    } catch (const coco::Error& problem) {
        std::cout << problem.what() << '\n';
    }
}
