// SPDX-License-Identifier: Apache-2.0
// The thread pool: every task once, nested jobs, exceptions, more tasks than fit one counter, many callers.
#include <atomic>
#include <catch2/catch.hpp>
#include <thread>

#include <coco/host/pool.hpp>

using namespace coco;

TEST_CASE("every task of every job runs once", "[pool][threads]") {
    for (const int threads : {1, 2, 3}) {
        host::Pool pool(threads);
        CHECK(pool.threads() == threads);
        Index wrong = 0;
        for (Index round = 0; round < 3000; ++round) {
            const Index count = round % 37;
            std::atomic<Index> sum{0};
            pool.run(count, [&](Index i) { sum += i + 1; });
            wrong += sum == count * (count + 1) / 2 ? 0 : 1;
        }
        CHECK(wrong == 0);
    }
}

TEST_CASE("a job of millions of tasks, and a job inside a task", "[pool]") {
    host::Pool pool(2);
    std::atomic<Index> sum{0};
    pool.run(3000000, [&](Index) { sum.fetch_add(1, std::memory_order_relaxed); });
    CHECK(sum == 3000000);
    sum = 0;
    pool.run(8, [&](Index) { pool.run(5, [&](Index i) { sum += i; }); });
    CHECK(sum == 80);
}

TEST_CASE("the first exception of a task is rethrown, and the pool still works", "[pool][threads]") {
    host::Pool pool(2);
    std::atomic<int> ran{0};
    CHECK_THROWS_AS(pool.run(10,
                             [&](Index i) {
                                 ++ran;
                                 if (i == 3) throw std::runtime_error("three");
                             }),
                    std::runtime_error);
    CHECK(ran == 10);
    pool.run(4, [&](Index) { ++ran; });
    CHECK(ran == 14);
}

TEST_CASE("callers from many threads take turns", "[pool][threads]") {
    host::Pool pool(2);
    std::atomic<Index> sum{0};
    std::vector<std::thread> callers;
    for (int c = 0; c < 3; ++c)
        callers.emplace_back([&] {
            for (int n = 0; n < 200; ++n) pool.run(7, [&](Index i) { sum += i; });
        });
    for (std::thread& c : callers) c.join();
    CHECK(sum == 3 * 200 * 21);
}
