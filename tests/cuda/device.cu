// SPDX-License-Identifier: Apache-2.0
// The device itself: memory, uploads, counters, and the errors for wrong use.
#include <catch2/catch.hpp>

#include <numeric>
#include <thread>
#include <vector>

#include <coco/cuda/cuda.cuh>

#include "conformance/trial.hpp"

using namespace coco;

TEST_CASE("memory starts as zeros, also where it was used before", "[device]") {
    Cuda on;
    for (int time = 0; time < 3; ++time) {
        Block<float, Cuda> block(on, 1000);
        std::vector<float> all(1000, 1);
        on.download(List<const float, space::Device>(block.list()), all.data());
        CHECK(all == std::vector<float>(1000, 0));
        on.fill(block.list(), 5);
    }
}

TEST_CASE("host numbers may change right after upload, and uploads are sent in one copy", "[device]") {
    Cuda on;
    Workspace<Cuda> work(on);
    std::vector<Id> numbers(50);
    std::vector<Ids<Cuda>> lists;
    for (Id n = 0; n < 20; ++n) {
        std::iota(numbers.begin(), numbers.end(), n);
        lists.push_back(on.upload(std::span<const Id>(numbers).first(static_cast<std::size_t>(n + 1)), work));
    }
    CHECK(on.device().stream().staging.copies() == 0);
    for (Id n = 0; n < 20; ++n) {
        std::vector<Id> found(static_cast<std::size_t>(n) + 1), want(found.size());
        on.download(lists[static_cast<std::size_t>(n)], found.data());
        std::iota(want.begin(), want.end(), n);
        CHECK(found == want);
    }
    CHECK(on.device().stream().staging.copies() == 1);
    CHECK(on.upload(std::span<const Id>(), work).empty());
}

TEST_CASE("uploads may be larger than the pinned staging memory", "[device]") {
    Cuda on;
    for (const std::size_t size : {100000u, 300000u, 1000u, 2000000u}) {
        Workspace<Cuda> work(on);
        std::vector<Ids<Cuda>> lists;
        std::vector<Id> numbers(size), found(size);
        for (Id n = 0; n < 5; ++n) {
            std::iota(numbers.begin(), numbers.end(), n);
            lists.push_back(on.upload(std::span<const Id>(numbers), work));
        }
        for (Id n = 0; n < 5; ++n) {
            on.download(lists[static_cast<std::size_t>(n)], found.data());
            std::iota(numbers.begin(), numbers.end(), n);
            CHECK(found == numbers);
        }
    }
}

TEST_CASE("an upload whose workspace is gone is not copied into freed memory", "[device]") {
    Cuda on;
    const std::vector<Id> numbers(100, 7);
    {
        Workspace<Cuda> work(on);
        on.upload(std::span<const Id>(numbers), work);
    }
    Block<Id, Cuda> block(on, 1 << 18);
    std::vector<Id> found(1 << 18, 1);
    on.download(List<const Id, space::Device>(block.list()), found.data());
    CHECK(found == std::vector<Id>(1 << 18, 0));
}

TEST_CASE("a primitive allocates nothing the second time", "[device]") {
    Cuda on;
    const conformance::Held<Cuda> x(on, 3000, 70, 1);
    conformance::Held<Cuda> sum(on, 1, 70);
    const auto use = [&] {
        const List<const float, space::Device> list{x.in().data, 3000 * 70};
        on.squared_norm({&list, 1}, sum.list().data);
        on.multiply(x.in(), Op::transposed, x.in(), Op::plain, {sum.list().data, 1, 1}, 0, 1);
    };
    use();
    const Index taken = on.device().allocations(), read = on.device().stream().read_backs;
    for (int time = 0; time < 3; ++time) use();
    CHECK(on.device().allocations() == taken);
    CHECK(on.device().stream().read_backs == read);
}

TEST_CASE("primitives may be called by several threads", "[device][threads]") {
    Cuda on;
    std::vector<std::thread> threads;
    std::vector<std::vector<Id>> found(4);
    for (std::size_t t = 0; t < found.size(); ++t)
        threads.emplace_back([&on, t, to = &found[t]] {
            Workspace<Cuda> work(on);
            const std::vector<Id> numbers(1000, static_cast<Id>(t));
            to->resize(numbers.size());
            for (int time = 0; time < 20; ++time) {
                on.download(on.upload(std::span<const Id>(numbers), work), to->data());
                work.reset();
            }
        });
    for (std::thread& thread : threads) thread.join();
    for (std::size_t t = 0; t < found.size(); ++t)
        CHECK(found[t] == std::vector<Id>(1000, static_cast<Id>(t)));
}

TEST_CASE("a policy on a stream of the caller", "[device]") {
    cudaStream_t stream = nullptr;
    cuda::check(cudaStreamCreate(&stream), "make a stream");
    {
        Cuda on(cuda::DeviceOptions{0, stream});
        Block<float, Cuda> block(on, 10);
        on.fill(block.list(), 2);
        std::vector<float> all(10);
        on.download(List<const float, space::Device>(block.list()), all.data());
        CHECK(all == std::vector<float>(10, 2));
    }
    cuda::check(cudaStreamDestroy(stream), "destroy the stream");
}

TEST_CASE("wrong use gives an error that names the fix", "[device]") {
    CHECK_THROWS_WITH(Cuda(cuda::DeviceOptions{1000}), Catch::Contains("devices are counted from 0"));
    Cuda on;
    CHECK_THROWS_WITH(on.allocate(std::size_t{1} << 50),
                      Catch::Contains("make batches or the model smaller"));
    // The policy still works afterwards.
    Block<float, Cuda> block(on, 10);
    on.fill(block.list(), 2);
    const View<const float, space::Device> wide(block.data(), 1, Index{1} << 32);
    CHECK_THROWS_WITH(on.multiply(wide, Op::plain, wide, Op::transposed, block.view(1, 1)),
                      Catch::Contains("too large for one product"));
}
