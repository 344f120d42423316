// SPDX-License-Identifier: Apache-2.0
// Selection of codes against a sort by cosine, bit-identical for any number of threads.
#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <string>

#include <coco/prompt/select_codes.hpp>

#include "conformance/numbers.hpp"
#include "conformance/policy_under_test.hpp"
#include "conformance/trial.hpp"

using namespace coco;
using conformance::Held;
using conformance::Matrix;
using conformance::random_matrix;

namespace {

/// `select_codes` with equal codes, a zero code, and codes that are multiples of each other.
template <class T>
struct SelectCodesTrial {
    Index rows = 9, width = 5, codes = 12, cap = 3;
    double theta = 0.2;
    std::uint64_t seed = 1;

    std::pair<Matrix, Matrix> inputs() const {
        RandomStream random(seed, 4);
        Matrix e = random_matrix<T>(random, rows, width), c = random_matrix<T>(random, codes, width);
        for (Index j = 0; j < width; ++j) {
            e(0, j) = 0;
            c(3, j) = 0;
            c(5, j) = c(4, j);      // equal codes: the lower index first
            c(7, j) = 2 * c(6, j);  // the same direction
            e(1, j) = c(4, j);
            e(2, j) = -c(4, j);
        }
        return {e, c};
    }

    /// Returns offsets, codes, nearest codes.
    template <class P>
    std::vector<T> run(P& on) const {
        const auto [rows_of_e, rows_of_c] = inputs();
        const Held<P> e(on, rows_of_e, 1), c(on, rows_of_c, 2);
        Workspace<P> work(on);
        Context<P> ctx{on, work};
        const CodeSelection<P> selection =
            prompt::select_codes<P>(ctx, e.in(), c.in(), static_cast<T>(theta), cap);
        REQUIRE(selection.of_row.count() == rows);
        std::vector<Id> code(static_cast<std::size_t>(selection.code.size)),
            nearest(static_cast<std::size_t>(rows));
        std::vector<Id> offsets(static_cast<std::size_t>(rows) + 1);
        on.download(selection.code, code.data());
        on.download(selection.nearest, nearest.data());
        on.download(selection.of_row.offsets, offsets.data());
        REQUIRE(std::equal(code.begin(), code.end(), selection.code_host.begin(), selection.code_host.end()));
        REQUIRE(std::equal(nearest.begin(), nearest.end(), selection.nearest_host.begin(),
                           selection.nearest_host.end()));
        REQUIRE(std::equal(offsets.begin(), offsets.end(), selection.of_row.host.begin(),
                           selection.of_row.host.end()));
        Index longest = 0;
        std::vector<T> all;
        for (const std::vector<Id>* part : {&offsets, &code, &nearest})
            for (const Id x : *part) all.push_back(static_cast<T>(x));
        for (Index i = 0; i < rows; ++i) longest = std::max(longest, selection.of_row.length(i));
        REQUIRE(selection.of_row.longest == longest);
        return all;
    }

    std::vector<double> naive() const {
        const auto [e, c] = inputs();
        std::vector<double> offsets{0}, code, nearest;
        for (Index i = 0; i < rows; ++i) {
            std::vector<std::pair<double, Index>> order;  // minus the cosine, code
            for (Index n = 0; n < codes; ++n) {
                double dot = 0, ee = 0, cc = 0;
                for (Index j = 0; j < width; ++j) {
                    dot += e(i, j) * c(n, j);
                    ee += e(i, j) * e(i, j);
                    cc += c(n, j) * c(n, j);
                }
                // Rounded to T's accuracy, so that parallel codes have equal cosines.
                const double cosine = ee * cc > 0 ? dot / std::sqrt(ee * cc) : 0;
                order.emplace_back(-std::round(cosine * 1e6) / 1e6, n);
            }
            std::sort(order.begin(), order.end());
            nearest.push_back(static_cast<double>(order[0].second));
            std::vector<Index> taken;
            for (const auto& [minus, n] : order)
                if (static_cast<Index>(taken.size()) < cap && (-minus > theta || taken.empty()))
                    taken.push_back(n);
            std::sort(taken.begin(), taken.end());
            for (const Index n : taken) code.push_back(static_cast<double>(n));
            offsets.push_back(static_cast<double>(code.size()));
        }
        for (const std::vector<double>* part : {&code, &nearest})
            offsets.insert(offsets.end(), part->begin(), part->end());
        return offsets;
    }
};

template <class T, class Check>
void select_codes_trials(const Check& check) {
    SelectCodesTrial<T> t;
    check("a cap of three", t);
    t.cap = 1;
    check("the nearest alone", t);
    t.cap = 50;
    t.theta = -2;
    check("all codes", t);
    t.theta = 2;
    check("none passes: the nearest always", t);
    t.theta = 0.1;
    t.cap = 8;
    t.rows = 130;
    t.codes = 80;
    t.width = 48;
    check("many", t);
}

}  // namespace

TEMPLATE_TEST_CASE("select_codes: equals a sort by cosine", "[select_codes]", float, double) {
    using P = conformance::PolicyUnderTest<TestType>;
    P one = conformance::policy<P>(1), two = conformance::policy<P>(2), three = conformance::policy<P>(3);
    select_codes_trials<TestType>([&](const std::string& name, const SelectCodesTrial<TestType>& trial) {
        INFO(name);
        conformance::equals_naive(two, trial, 0);
        const auto expected = trial.run(one);
        CHECK(conformance::same_bits(expected, trial.run(two)));
        CHECK(conformance::same_bits(expected, trial.run(three)));
    });
}

TEST_CASE("select_codes: no rows", "[select_codes]") {
    using P = conformance::PolicyUnderTest<float>;
    P on = conformance::policy<P>(1);
    Workspace<P> work(on);
    Context<P> ctx{on, work};
    const Rows<P> codes = work.keep(4, 3);
    const CodeSelection<P> selection = prompt::select_codes<P>(ctx, {}, CRows<P>(codes), 0.5f, 2);
    CHECK(selection.of_row.count() == 0);
    CHECK(selection.code.size == 0);
}
