// A client on Go's net/http, which takes its proxy from the environment.
//
// usage: client FOLDER URL UPLOAD-URL FILE: fetches big, text.txt and small below URL one after the other, and all at once; uploads FILE with its length, and in
// chunks (by http after 100 Continue). Prints how many connections were made for those that came one after the other.
package main

import (
	"bytes"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptrace"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

var names = []string{"big", "text.txt", "small"}

func main() {
	log.SetFlags(0)
	folder, url, upload, file := os.Args[1], os.Args[2], os.Args[3], os.Args[4]
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.ExpectContinueTimeout = time.Minute
	client := &http.Client{Transport: transport, Timeout: 30 * time.Second}

	connections := 0
	for _, name := range names {
		fetch(client, url+name, filepath.Join(folder, name), func(reused bool) {
			if !reused {
				connections++
			}
		})
	}
	fmt.Println(connections)

	var all sync.WaitGroup
	for index := 0; index < 9; index++ {
		all.Add(1)
		go func(index int) {
			defer all.Done()
			fetch(client, url+names[index%len(names)], filepath.Join(folder, fmt.Sprint(index)), func(bool) {})
		}(index)
	}
	all.Wait()

	body, err := os.ReadFile(file)
	check(err)
	put(client, upload, bytes.NewReader(body), "")
	expect := "100-continue"
	if strings.HasPrefix(url, "https:") {
		// That is HTTP/2, where nginx says nothing before it has the body.
		expect = ""
	}
	// A reader whose length net/http cannot know.
	put(client, upload+"-chunked", io.MultiReader(bytes.NewReader(body)), expect)
}

func fetch(client *http.Client, url, file string, got func(reused bool)) {
	request, err := http.NewRequest(http.MethodGet, url, nil)
	check(err)
	trace := &httptrace.ClientTrace{GotConn: func(info httptrace.GotConnInfo) { got(info.Reused) }}
	response, err := client.Do(request.WithContext(httptrace.WithClientTrace(request.Context(), trace)))
	check(err)
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		log.Fatalf("%s: %s", url, response.Status)
	}
	out, err := os.Create(file)
	check(err)
	_, err = io.Copy(out, response.Body)
	check(err)
	check(out.Close())
}

func put(client *http.Client, url string, body io.Reader, expect string) {
	request, err := http.NewRequest(http.MethodPut, url, body)
	check(err)
	if expect != "" {
		request.Header.Set("Expect", expect)
	}
	response, err := client.Do(request)
	check(err)
	response.Body.Close()
	if response.StatusCode != http.StatusCreated {
		log.Fatalf("PUT %s: %s", url, response.Status)
	}
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
